package dev.serin.registry;

/** The order of versions. */
final class VersionOrder {
    private VersionOrder() {}

    static int compare(ModelVersion a, ModelVersion b) {
        throw new UnsupportedOperationException("to be written");
    }

    static int compare(RegisteredVersion a, RegisteredVersion b) {
        throw new UnsupportedOperationException("to be written");
    }
}
