package dev.serin.gateway.catalog;

import dev.serin.registry.Digest;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * How the registry differs from a version that is loaded here, and goes on serving. Immutable.
 *
 * @param since when that was noticed
 * @param found the digest of what the registry holds now, where a manifest tells it
 * @param detail the same as a sentence
 */
public record Discrepancy(Kind kind, Instant since, Optional<Digest> found, String detail) {
    /** What became of it. */
    public enum Kind {
        /** It is gone. */
        DELETED,
        /** Other bytes lie under its name, or may. */
        OVERWRITTEN;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** {@return the spelling in HTTP} */
        public String label() {
            return label;
        }
    }

    /** {@return whether the other one says the same, perhaps since another time} */
    public boolean sameAs(Discrepancy other) {
        return kind == other.kind && found.equals(other.found) && detail.equals(other.detail);
    }
}
