package dev.serin.gateway.observe;

import dev.serin.registry.StoreException;
import dev.serin.registry.StoreException.Answered;
import dev.serin.registry.StoreException.Asked;
import dev.serin.registry.StoreException.Details;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What to say to an operator whose bucket cannot be read: what was asked and answered, what is likely, what to try.
 *
 * @param headline what went wrong
 * @param lines the rest, each with a word in front: {@code asked}, {@code answered}, {@code likely}, {@code try}
 */
public record RegistryTrouble(String headline, List<String> lines) {
    private static final Duration AGREED = Duration.ofSeconds(2);
    private static final String DOCTOR = "serin doctor           checks address, TLS, clock, key, bucket, list, read, "
            + "conditional write, one by one";

    public RegistryTrouble {
        lines = List.copyOf(lines);
    }

    /** {@return what to say of a failure} */
    public static RegistryTrouble of(StoreException failure) {
        Details details = failure.details();
        List<String> lines = new ArrayList<>();
        details.asked().ifPresent(asked -> lines.add("asked     " + asked(asked)));
        details.answered().ifPresent(answered -> lines.add("answered  " + answered + clocks(details)));
        likely(failure).ifPresent(likely -> lines.add("likely    " + likely));
        lines.add("try       " + remedy(failure));
        return new RegistryTrouble(headline(failure), lines);
    }

    private static String asked(Asked asked) {
        StringBuilder text = new StringBuilder(asked.request())
                .append(asked.pathStyle() ? "  (path-style" : "  (bucket in the host name")
                .append(" · region ")
                .append(asked.region());
        asked.key().ifPresent(key -> text.append(" · key ").append(key));
        asked.credentialsFrom().ifPresent(from -> text.append(" from ").append(from));
        return text.append(')').toString();
    }

    private static String clocks(Details details) {
        return details.storeClockAhead()
                .map(ahead -> ahead.abs().compareTo(AGREED) <= 0
                        ? " · its clock and ours agree"
                        : " · its clock is %d s %s ours"
                                .formatted(ahead.abs().toSeconds(), ahead.isNegative() ? "behind" : "ahead of"))
                .orElse("");
    }

    private static String headline(StoreException failure) {
        return switch (failure.kind()) {
            case REFUSED -> "the registry refused our key";
            case NO_CREDENTIALS -> "there are no credentials to ask the registry with";
            case NO_SUCH_BUCKET,
                    WRONG_REGION,
                    CLOCK_SKEW,
                    NOT_S3,
                    UNKNOWN_HOST,
                    CONNECTION_REFUSED,
                    TIMEOUT,
                    TLS,
                    SLOW_DOWN,
                    OTHER -> failure.reason();
        };
    }

    private static Optional<String> likely(StoreException failure) {
        return Optional.ofNullable(
                switch (failure.kind()) {
                    case REFUSED ->
                        refused(failure.details()
                                .answered()
                                .flatMap(Answered::code)
                                .orElse(""));
                    case NO_CREDENTIALS ->
                        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and there is no profile, web"
                                + " identity or role";
                    case NO_SUCH_BUCKET ->
                        "its name is misspelt, it is in another store or account, or its name is in the endpoint's"
                                + " host too";
                    case UNKNOWN_HOST -> "the name is misspelt, or this machine's DNS does not know it";
                    case CONNECTION_REFUSED ->
                        "the store does not run, or listens elsewhere; inside a container localhost is the container";
                    case TIMEOUT -> "a firewall drops packets between here and there, or the store is overloaded";
                    case TLS -> "the certificate comes from an authority of your own: name it by registry.s3.ca-file";
                    case CLOCK_SKEW -> "this machine's clock is wrong; its time service may not run";
                    case NOT_S3 -> "a proxy or a login page answers in the store's place, or the port is its console's";
                    case WRONG_REGION, SLOW_DOWN, OTHER -> null;
                });
    }

    private static String refused(String code) {
        return switch (code) {
            case "SignatureDoesNotMatch" ->
                "the secret does not belong to this key id; a line end in a mounted secret is the usual cause";
            case "InvalidAccessKeyId" -> "the store knows no such key id: it was deleted, or is another store's";
            case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken" ->
                "the session's credentials have run out, and nothing renews them";
            default -> "the key's policy does not allow s3:ListBucket and s3:GetObject here";
        };
    }

    private static String remedy(StoreException failure) {
        return failure.details()
                .rightRegion()
                .filter(_ -> failure.kind() == StoreException.Kind.WRONG_REGION)
                .map(region -> "--set registry.s3.region=" + region)
                .orElse(DOCTOR);
    }

    /** {@return everything, a line each} */
    public String text() {
        return headline + "\n  " + String.join("\n  ", lines);
    }
}
