package dev.serin.gateway.observe;

import dev.serin.registry.StoreException;
import dev.serin.registry.StoreException.Addressing;
import dev.serin.registry.StoreException.Answered;
import dev.serin.registry.StoreException.Asked;
import dev.serin.registry.StoreException.Details;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What to say to an operator whose bucket cannot be read: what was asked and answered, what is likely, what to try.
 *
 * @param headline what went wrong
 * @param lines the rest, each with a word in front: {@code asked}, {@code answered}, {@code buckets},
 *     {@code likely}, {@code try}
 */
public record RegistryTrouble(String headline, List<String> lines) {
    private static final Duration AGREED = Duration.ofSeconds(2);
    private static final int SHOWN_BUCKETS = 10;
    private static final String TRY = "try       ";
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
        details.buckets().ifPresent(buckets -> lines.add("buckets   " + buckets(buckets)));
        likely(failure).ifPresent(likely -> lines.add("likely    " + likely));
        lines.add(TRY + remedy(failure));
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

    private static String buckets(List<String> buckets) {
        if (buckets.isEmpty()) {
            return "none that this key may see";
        }
        String shown = buckets.stream().limit(SHOWN_BUCKETS).collect(Collectors.joining(", "));
        int more = buckets.size() - SHOWN_BUCKETS;
        return more > 0 ? "%s and %d more".formatted(shown, more) : shown;
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
        return addressing(failure.details().addressing()).or(() -> likelyByKind(failure));
    }

    private static Optional<String> addressing(Addressing addressing) {
        return Optional.ofNullable(
                switch (addressing) {
                    case NOTHING -> null;
                    case BUCKET_TWICE ->
                        "registry.s3.endpoint begins with the bucket's name, which is said once more: by the path, or"
                                + " in front of it";
                    case WANTS_PATH -> "the store looks for the bucket in the path, and we put it into the host name";
                    case WANTS_HOST -> "the store looks for the bucket in the host name, and we put it into the path";
                });
    }

    private static Optional<String> likelyByKind(StoreException failure) {
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
                    case NO_SUCH_BUCKET -> "its name is misspelt, or it is in another store or account";
                    case UNKNOWN_HOST -> "the name is misspelt, or this machine's DNS does not know it";
                    case CONNECTION_REFUSED ->
                        "the store does not run, or listens elsewhere; inside a container localhost is the container";
                    case TIMEOUT -> "a firewall drops packets between here and there, or the store is overloaded";
                    case TLS -> "the certificate comes from an authority of your own: name it by registry.s3.ca-file";
                    case CLOCK_SKEW ->
                        "one of the two is wrong, this machine's more often than a store's: compare `date -u` with a"
                                + " third; a time service may not run";
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
        Details details = failure.details();
        return switch (details.addressing()) {
            case BUCKET_TWICE -> "registry.s3.endpoint without the bucket's name";
            case WANTS_PATH -> "--set registry.s3.path-style=true";
            case WANTS_HOST -> "--set registry.s3.path-style=false";
            case NOTHING ->
                details.rightRegion()
                        .filter(_ -> failure.kind() == StoreException.Kind.WRONG_REGION)
                        .map(region -> "--set registry.s3.region=" + region)
                        .orElse(DOCTOR);
        };
    }

    /** {@return the lines for whom the doctor tells them, without the advice to ask it} */
    public List<String> linesOfDoctor() {
        return lines.stream().filter(line -> !line.equals(TRY + DOCTOR)).toList();
    }

    /** {@return everything, a line each} */
    public String text() {
        return headline + "\n  " + String.join("\n  ", lines);
    }
}
