package dev.serin.inference.json;

/**
 * Bounds on what one body may ask of this process.
 *
 * @param maxDepth of nested arrays and objects
 * @param maxElements of all tensors together; in a native body, lists and rows that name their inputs count as one each
 */
public record JsonLimits(int maxDepth, int maxElements) {
    public static final JsonLimits DEFAULT = new JsonLimits(64, 64 << 20);

    /** Signs of the longest number that is read; 17 tell all doubles apart. */
    static final int MAX_NUMBER_LENGTH = 100;
}
