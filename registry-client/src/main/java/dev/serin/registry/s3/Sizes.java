package dev.serin.registry.s3;

/**
 * From which size on objects move in parts.
 *
 * @param whole what is not larger moves in one piece
 * @param range how much of a larger one is read at a time
 * @param parallel how many transfers one reader may have under way, and ranges in memory
 * @param part how much of a larger one is written at a time; S3 wants 5 MiB at least
 */
record Sizes(long whole, int range, int parallel, int part) {
    static final Sizes DEFAULT = new Sizes(64 << 20, 8 << 20, 4, 16 << 20);

    private static final int MAX_PARTS = 10_000;

    /** {@return the size of a part of so large a file, S3 taking no more than 10,000 of them} */
    long partOf(long fileSize) {
        return Math.max(part, (fileSize + MAX_PARTS - 1) / MAX_PARTS);
    }
}
