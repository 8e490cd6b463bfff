package dev.serin.gateway.sessions;

import dev.serin.registry.Digest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What to evict to make room: a pure function. What is leased never goes; what has traffic does not go for what has none; what was loaded a
 * moment ago does not go at all, because refusing beats thrashing.
 */
final class EvictionPolicy {
    static final Duration MINIMUM_AGE = Duration.ofSeconds(5);

    private EvictionPolicy() {}

    /** A loaded session. */
    record Candidate(Digest digest, long bytes, boolean leased, Duration age) {}

    /**
     * Chooses the victims.
     *
     * @param candidates longest unused first
     * @param withTraffic digests of what policies and aliases name, or what is the newest of its model
     * @param forTraffic whether the newcomer has traffic
     * @return the fewest of the longest unused that make room; empty when there is no way
     */
    static Optional<List<Digest>> choose(
            List<Candidate> candidates, Set<Digest> withTraffic, long neededBytes, boolean forTraffic) {
        List<Digest> victims = new ArrayList<>();
        long freed = 0;
        for (Candidate candidate : candidates) {
            if (freed >= neededBytes) {
                break;
            }
            if (mayGo(candidate, withTraffic, forTraffic)) {
                victims.add(candidate.digest());
                freed += candidate.bytes();
            }
        }
        return freed >= neededBytes ? Optional.of(victims) : Optional.empty();
    }

    /** {@return whether {@link #choose} would find victims} The order of the candidates counts for nothing. */
    static boolean couldMakeRoom(
            Collection<Candidate> candidates, Set<Digest> withTraffic, long neededBytes, boolean forTraffic) {
        return candidates.stream()
                        .filter(candidate -> mayGo(candidate, withTraffic, forTraffic))
                        .mapToLong(Candidate::bytes)
                        .sum()
                >= neededBytes;
    }

    private static boolean mayGo(Candidate candidate, Set<Digest> withTraffic, boolean forTraffic) {
        return !candidate.leased()
                && candidate.age().compareTo(MINIMUM_AGE) >= 0
                && (forTraffic || !withTraffic.contains(candidate.digest()));
    }
}
