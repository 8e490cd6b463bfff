package dev.serin.registry.store;

import dev.serin.registry.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which copies go to make room for another: a pure function. The longest unused go first, as few as will do; what is in
 * use never goes.
 */
final class Eviction {
    private static final Comparator<Copy> LONGEST_UNUSED = Comparator.comparing(Copy::lastUse)
            .thenComparing(copy -> copy.digest().hex());

    private Eviction() {}

    /**
     * A version in the store.
     *
     * @param inUse whether any process uses it
     */
    record Copy(Digest digest, long bytes, Instant lastUse, boolean inUse) {}

    /**
     * What a store holds at one moment.
     *
     * @param reservedBytes what downloads under way may still come to, of all processes
     */
    record Situation(long limitBytes, long reservedBytes, List<Copy> copies) {
        Situation {
            copies = List.copyOf(copies);
        }
    }

    /** What to do. */
    sealed interface Decision {
        /** There is room once these are gone, perhaps none. */
        record MakeRoom(List<Copy> victims) implements Decision {
            public MakeRoom {
                victims = List.copyOf(victims);
            }
        }

        /** There is no way: so much is in use or on its way. Nothing need go for that. */
        record Refuse(long usedBytes) implements Decision {}
    }

    static Decision choose(Situation situation, long neededBytes) {
        long usedBytes = situation.reservedBytes()
                + situation.copies().stream()
                        .filter(Copy::inUse)
                        .mapToLong(Copy::bytes)
                        .sum();
        if (neededBytes > situation.limitBytes() - usedBytes) {
            return new Decision.Refuse(usedBytes);
        }
        long free = situation.limitBytes()
                - situation.reservedBytes()
                - situation.copies().stream().mapToLong(Copy::bytes).sum();
        List<Copy> victims = new ArrayList<>();
        List<Copy> unused = situation.copies().stream()
                .filter(copy -> !copy.inUse())
                .sorted(LONGEST_UNUSED)
                .toList();
        for (Copy copy : unused) {
            if (free >= neededBytes) {
                break;
            }
            victims.add(copy);
            free += copy.bytes();
        }
        return new Decision.MakeRoom(victims);
    }
}
