package dev.serin.registry;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/** One version folder as a look at the registry found it. */
public sealed interface RegisteredVersion {
    /**
     * Ascending order of the versions of one model: ordered versions by {@link ModelVersion#ORDER} above all others;
     * the others by {@link #createdAt()}, then by code point.
     */
    Comparator<RegisteredVersion> ORDER = VersionOrder::compare;

    VersionId id();

    /** {@return when it was published, or the time of its newest file} */
    Instant createdAt();

    /** Published: it has a manifest. */
    record Published(Manifest manifest) implements RegisteredVersion {
        @Override
        public VersionId id() {
            return manifest.id();
        }

        @Override
        public Instant createdAt() {
            return manifest.createdAt();
        }
    }

    /**
     * Copied in by hand, without a manifest.
     *
     * @param files every artifact, ascending by key, with its key relative to the root
     * @param settled whether two looks at least one poll apart saw the same files, so that the copy has ended
     */
    record HandDropped(VersionId id, Instant createdAt, List<Registry.RegistryObject> files, boolean settled)
            implements RegisteredVersion {
        public HandDropped {
            files = List.copyOf(files);
        }
    }

    /** A publisher is at work, or died at it: there is a {@code .publishing} and no manifest. Never served. */
    record BeingPublished(VersionId id, Instant createdAt) implements RegisteredVersion {}

    /** There, but unusable: the manifest cannot be read, say. Never served. */
    record Unusable(VersionId id, Instant createdAt, String reason) implements RegisteredVersion {}
}
