package dev.serin.registry.store;

import dev.serin.registry.VersionId;
import java.util.Locale;

/** A version does not fit into the local store beside what is in use there. Its message is a reason for everybody too. */
public final class NoRoomException extends LocalStoreException {
    private static final long serialVersionUID = 1;

    private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB"};

    private final long neededBytes;
    private final long usedBytes;
    private final long limitBytes;

    /**
     * A version that does not fit.
     *
     * @param usedBytes of versions in use, or on their way, by any process on the store
     */
    public NoRoomException(VersionId version, long neededBytes, long usedBytes, long limitBytes) {
        this(text(version, neededBytes, usedBytes, limitBytes), neededBytes, usedBytes, limitBytes);
    }

    private NoRoomException(String text, long neededBytes, long usedBytes, long limitBytes) {
        super(text, text);
        this.neededBytes = neededBytes;
        this.usedBytes = usedBytes;
        this.limitBytes = limitBytes;
    }

    /** {@return the size of the version} */
    public long neededBytes() {
        return neededBytes;
    }

    /** {@return the bytes of versions in use, or on their way, by any process on the store} */
    public long usedBytes() {
        return usedBytes;
    }

    /** {@return what all versions may take together} */
    public long limitBytes() {
        return limitBytes;
    }

    private static String text(VersionId version, long neededBytes, long usedBytes, long limitBytes) {
        int needed = unit(neededBytes);
        int limit = unit(limitBytes);
        String needs = "the local store has no room: %s needs %s %s"
                .formatted(version, in(needed, neededBytes), UNITS[needed]);
        return neededBytes > limitBytes
                ? "%s, more than all of its %s %s".formatted(needs, in(limit, limitBytes), UNITS[limit])
                : "%s; %s of %s %s are of versions in use"
                        .formatted(needs, in(limit, usedBytes), in(limit, limitBytes), UNITS[limit]);
    }

    private static int unit(long bytes) {
        int unit = 0;
        while (unit < UNITS.length - 1 && bytes >= bytesOf(unit + 1)) {
            unit++;
        }
        return unit;
    }

    private static String in(int unit, long bytes) {
        return unit == 0 ? String.valueOf(bytes) : String.format(Locale.ROOT, "%.1f", (double) bytes / bytesOf(unit));
    }

    private static long bytesOf(int unit) {
        return 1L << (10 * unit);
    }
}
