package dev.serin.gateway.routing;

/**
 * Which of 10,000 buckets a caller's key falls into: the same on every replica, in every language and after every restart.
 * docs/routing.md has test vectors.
 *
 * <p>FNV-1a with 64 bits (Fowler, Noll, Vo: offset basis {@code cbf29ce484222325}, prime {@code 100000001b3}) over the UTF-8
 * bytes of the canary's id, a zero byte, and the key; then the finaliser of SplitMix64 (Steele, Lea, Flood 2014), because
 * the upper bits of FNV alone are poor on short keys; the upper 32 bits of that are scaled to the buckets.
 */
public final class StickyBucket {
    /** How many there are: a percent is a hundred of them. */
    public static final int BUCKETS = 10_000;

    private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private StickyBucket() {}

    /**
     * {@return 0 to 9,999} Another canary's id deals the keys anew, so that the same callers are not always first.
     *
     * @param key a lone surrogate counts as {@code ?}, as {@link String#getBytes()} has it
     */
    public static int of(String canaryId, String key) {
        long hash = fnv(fnv(OFFSET_BASIS, canaryId) * PRIME, key); // a zero byte changes nothing but for the product
        return (int) (((mix(hash) >>> 32) * BUCKETS) >>> 32);
    }

    /** Encodes as it goes: nothing is allocated. */
    private static long fnv(long begin, String text) {
        long hash = begin;
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (unit < 0x80) {
                hash = (hash ^ unit) * PRIME;
            } else if (unit < 0x800) {
                hash = (hash ^ (0xc0 | (unit >> 6))) * PRIME;
                hash = (hash ^ (0x80 | (unit & 0x3f))) * PRIME;
            } else if (!Character.isSurrogate(unit)) {
                hash = (hash ^ (0xe0 | (unit >> 12))) * PRIME;
                hash = (hash ^ (0x80 | ((unit >> 6) & 0x3f))) * PRIME;
                hash = (hash ^ (0x80 | (unit & 0x3f))) * PRIME;
            } else if (Character.isHighSurrogate(unit)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                int point = Character.toCodePoint(unit, text.charAt(i));
                hash = (hash ^ (0xf0 | (point >> 18))) * PRIME;
                hash = (hash ^ (0x80 | ((point >> 12) & 0x3f))) * PRIME;
                hash = (hash ^ (0x80 | ((point >> 6) & 0x3f))) * PRIME;
                hash = (hash ^ (0x80 | (point & 0x3f))) * PRIME;
            } else {
                hash = (hash ^ '?') * PRIME;
            }
        }
        return hash;
    }

    private static long mix(long hash) {
        long mixed = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}
