package dev.serin.cli;

import dev.serin.gateway.config.NearestName;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelPolicy.OnBreach;
import dev.serin.registry.ModelPolicy.OnSuccess;
import dev.serin.registry.format.Durations;
import dev.serin.registry.policy.Wording;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** What pulls a canary back: {@code --guard error-rate=1%,latency=1.5x,min-requests=200}. */
final class GuardOptions {
    private static final String HINT = "serin canary start -h";
    private static final String ERRORS = "error-rate";
    private static final String LATENCY = "latency";
    private static final String DISAGREEMENT = "disagreement";
    private static final String REQUESTS = "min-requests";
    private static final String WINDOW = "window";
    private static final List<String> KEYS = List.of(ERRORS, LATENCY, DISAGREEMENT, REQUESTS, WINDOW);

    @Option(
            names = "--guard",
            paramLabel = "RULES",
            split = ",",
            description =
                    "What pulls it back, separated by commas: error-rate=1%% (of answers), latency=1.5x (p99, of the"
                        + " primary's), disagreement=2%% (with the primary), from min-requests=200 within window=5m.")
    private Map<String, String> rules = new LinkedHashMap<>();

    @Option(
            names = "--on-breach",
            paramLabel = "WHAT",
            description = "abort, or hold: stay at the weight and wait for you. Default: abort.")
    private Optional<Breach> onBreach = Optional.empty();

    @Option(
            names = "--on-success",
            paramLabel = "WHAT",
            description = "After the last step: promote, or hold. Default: promote.")
    private Optional<Success> onSuccess = Optional.empty();

    /** Spelled as on the command line. */
    enum Breach {
        abort,
        hold
    }

    /** Spelled as on the command line. */
    enum Success {
        promote,
        hold
    }

    Optional<Guard> guard() {
        if (rules.isEmpty()) {
            if (onBreach.isPresent() || onSuccess.isPresent()) {
                throw usage("--on-breach and --on-success tell what a guard does, and there is no --guard");
            }
            return Optional.empty();
        }
        rules.keySet().stream().filter(key -> !KEYS.contains(key)).findFirst().ifPresent(key -> {
            throw usage("--guard has no rule '%s'; it takes %s.%s"
                    .formatted(
                            key,
                            String.join(", ", KEYS),
                            NearestName.of(key, KEYS)
                                    .map(meant -> " Did you mean '" + meant + "'?")
                                    .orElse("")));
        });
        return Optional.of(new Guard(
                rule(WINDOW, Durations::parsePositive, "a duration such as 5m").orElse(Guard.DEFAULT_WINDOW),
                rule(REQUESTS, GuardOptions::count, "a whole number").orElse(Guard.DEFAULT_MIN_REQUESTS),
                rule(ERRORS, GuardOptions::share, "a share such as 1%"),
                rule(LATENCY, GuardOptions::ratio, "a ratio such as 1.5x"),
                rule(DISAGREEMENT, GuardOptions::share, "a share such as 2%"),
                onBreach.map(what -> OnBreach.valueOf(what.name().toUpperCase(Locale.ROOT)))
                        .orElse(OnBreach.ABORT),
                onSuccess
                        .map(what -> OnSuccess.valueOf(what.name().toUpperCase(Locale.ROOT)))
                        .orElse(OnSuccess.PROMOTE)));
    }

    private <T> Optional<T> rule(String key, Function<String, T> parser, String takes) {
        Optional<String> text = Optional.ofNullable(rules.get(key));
        try {
            return text.map(parser);
        } catch (IllegalArgumentException _) {
            throw usage("--guard %s is '%s'; it takes %s".formatted(key, text.orElse(""), takes));
        }
    }

    private static int count(String text) {
        int count = Integer.parseInt(text);
        if (count < 0) {
            throw new IllegalArgumentException("negative");
        }
        return count;
    }

    private static double share(String text) {
        if (!text.endsWith("%")) {
            throw new IllegalArgumentException("no percent sign");
        }
        BigDecimal share = new BigDecimal(text.substring(0, text.length() - 1)).movePointLeft(2);
        if (share.signum() < 0 || share.compareTo(BigDecimal.ONE) > 0) {
            throw new IllegalArgumentException("no share");
        }
        return share.doubleValue();
    }

    private static double ratio(String text) {
        BigDecimal ratio = new BigDecimal(text.endsWith("x") ? text.substring(0, text.length() - 1) : text);
        if (ratio.signum() <= 0 || ratio.compareTo(Guard.MOST_LATENCY_RATIO) > 0) {
            throw new IllegalArgumentException("no ratio");
        }
        return ratio.doubleValue();
    }

    private static CliException usage(String text) {
        return new CliException(ExitCode.USAGE, text, HINT);
    }

    /** {@return {@code guard over 5 min: errors ≤ 1 %, from 200 requests; on breach abort}} */
    static String text(Guard guard) {
        List<String> limits = new ArrayList<>();
        guard.maxErrorRate().ifPresent(rate -> limits.add("errors ≤ " + Wording.percent(hundredfold(rate))));
        guard.maxLatencyRatio()
                .ifPresent(ratio -> limits.add("p99 ≤ %s × primary"
                        .formatted(
                                BigDecimal.valueOf(ratio).stripTrailingZeros().toPlainString())));
        guard.maxDisagreement().ifPresent(rate -> limits.add("disagreement ≤ " + Wording.percent(hundredfold(rate))));
        limits.add("from %d requests".formatted(guard.minRequests()));
        return "guard over %s: %s; on breach %s"
                .formatted(
                        Words.duration(guard.window()),
                        String.join(", ", limits),
                        switch (guard.onBreach()) {
                            case ABORT -> "abort (--on-breach hold to wait for you)";
                            case HOLD -> "hold and wait for you";
                        });
    }

    private static double hundredfold(double share) {
        return BigDecimal.valueOf(share).movePointRight(2).doubleValue();
    }
}
