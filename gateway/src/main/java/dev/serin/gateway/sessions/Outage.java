package dev.serin.gateway.sessions;

import dev.serin.registry.DoubtfulListingException;
import dev.serin.registry.RegistryException;
import dev.serin.registry.StoreException;
import dev.serin.registry.StoreException.Answered;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What operators were told of the present outage of the registry: each kind of cause once, however many polls fail, and
 * none that they were told of a moment ago, so that a registry which comes and goes makes no flood. One thread's.
 */
final class Outage {
    /** A cause that was told is not told again before this, whatever happened in between. */
    static final Duration QUIET = Duration.ofMinutes(1);

    private final Map<String, Instant> toldAt = new HashMap<>();
    private final Set<String> told = new HashSet<>(); // of this outage

    /** {@return whether operators should hear of this failure} */
    boolean isNews(RegistryException cause, Instant now) {
        String kind = kind(cause);
        Instant before = toldAt.get(kind);
        if (told.contains(kind) || (before != null && now.isBefore(before.plus(QUIET)))) {
            return false;
        }
        toldAt.put(kind, now);
        return told.add(kind);
    }

    /** Ends it; {@return whether operators should hear of that, since they heard of its beginning} */
    boolean end() {
        boolean wasTold = !told.isEmpty();
        told.clear();
        return wasTold;
    }

    private static String kind(RegistryException cause) {
        return cause instanceof StoreException failure
                ? failure.kind()
                        + failure.details().answered().map(Answered::toString).orElse("")
                : cause.getClass().getName();
    }

    /** {@return what is wrong, without addresses and paths} */
    static String inWords(RegistryException cause) {
        return switch (cause) {
            case StoreException failure -> inWords(failure.kind());
            case DoubtfulListingException doubt -> doubt.shows();
            default -> "it cannot be read; the log of the gateway says why";
        };
    }

    private static String inWords(StoreException.Kind kind) {
        return switch (kind) {
            case REFUSED -> "the store refuses our key";
            case NO_CREDENTIALS -> "there are no credentials";
            case NO_SUCH_BUCKET -> "there is no such bucket";
            case WRONG_REGION -> "the bucket is in another region";
            case UNKNOWN_HOST -> "the store's host is unknown";
            case CONNECTION_REFUSED -> "the store refuses connections";
            case TIMEOUT -> "the store does not answer in time";
            case TLS -> "there is no TLS with the store that can be trusted";
            case CLOCK_SKEW -> "the store's clock and ours differ too much";
            case NOT_S3 -> "what answers is no S3 store";
            case SLOW_DOWN -> "the store asks for fewer requests";
            case OTHER -> "the store does not answer as it should; the log of the gateway says how";
        };
    }
}
