package dev.serin.registry.s3;

/** ETags without their quotes, which not every store puts everywhere. */
final class Tags {
    private Tags() {}

    static String of(String eTag) {
        return eTag.length() > 1 && eTag.startsWith("\"") && eTag.endsWith("\"")
                ? eTag.substring(1, eTag.length() - 1)
                : eTag;
    }

    /** {@return the tag as a condition has it} */
    static String quoted(String tag) {
        return "\"" + tag + "\"";
    }
}
