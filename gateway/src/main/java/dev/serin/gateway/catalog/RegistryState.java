package dev.serin.gateway.catalog;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * How the registry answers this gateway. Immutable.
 *
 * @param readAt when it was last read; empty when this process has not read it yet
 * @param stale since when and why what is known may be less than what is there; empty while it answers
 */
public record RegistryState(Optional<Instant> readAt, Optional<Stale> stale) {
    /** Before the first look. */
    public static final RegistryState UNREAD = new RegistryState(Optional.empty(), Optional.empty());

    /**
     * The registry cannot be read, or what it says is not believed.
     *
     * @param since when it was last read; without that, when it first could not be
     * @param reason in words, without addresses: the log has those
     */
    public record Stale(Instant since, String reason) {
        /** {@return for how long, never less than nothing} */
        public Duration age(InstantSource clock) {
            Duration age = Duration.between(since, clock.instant());
            return age.isNegative() ? Duration.ZERO : age;
        }
    }
}
