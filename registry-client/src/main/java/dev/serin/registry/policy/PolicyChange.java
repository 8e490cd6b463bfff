package dev.serin.registry.policy;

import dev.serin.registry.AliasName;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.format.Durations;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * One change of a model's policy, whoever wants it. What it makes of the file is decided by what lies there at that moment;
 * whether the versions that it names exist is for its maker to find out. Immutable.
 */
public sealed interface PolicyChange {
    /** {@return the command that makes it, for the history: {@code alias set fraud/4 champion}} */
    String command(ModelName model);

    /** Lets an alias name this version, whether or not it named another one before. */
    record SetAlias(AliasName alias, ModelVersion version) implements PolicyChange {
        @Override
        public String command(ModelName model) {
            return "alias set %s/%s %s".formatted(model, version, alias);
        }
    }

    /** Forgets an alias. */
    record RemoveAlias(AliasName alias) implements PolicyChange {
        @Override
        public String command(ModelName model) {
            return "alias remove %s %s".formatted(model, alias);
        }
    }

    /**
     * Puts a version on trial beside the primary. A guard for disagreement brings a shadow of the version with it, which ends
     * with the trial.
     *
     * @param id drawn at random, and never used before
     * @param newest what becomes the primary when the policy has none: without one every newer version would be it
     */
    record StartCanary(
            String id,
            ModelVersion version,
            Ramp ramp,
            Optional<String> stickyHeader,
            Optional<Guard> guard,
            Optional<ModelVersion> newest)
            implements PolicyChange {
        /** Of what the primary answers, so that a guard has something to compare. */
        public static final int SHADOW_PERCENT = 20;

        /** {@return an id that no canary has had} */
        public static String newId() {
            return UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        }

        /**
         * Checks the header's name and the guard.
         *
         * @throws IllegalArgumentException when it is none, or the guard guards against nothing
         */
        public StartCanary {
            stickyHeader.filter(header -> !Canary.isHeaderName(header)).ifPresent(header -> {
                throw new IllegalArgumentException("'%s' is not the name of a header".formatted(header));
            });
            if (guard.isPresent() && !guard.get().hasLimit()) {
                throw new IllegalArgumentException("a guard limits errors, latency or disagreement; this limits none");
            }
        }

        @Override
        public String command(ModelName model) {
            return "canary start %s/%s%s%s%s"
                    .formatted(
                            model,
                            version,
                            ramp.options(),
                            guard.map(StartCanary::options).orElse(""),
                            stickyHeader
                                    .map(header -> " --sticky-header " + header)
                                    .orElse(""));
        }

        private static String options(Guard guard) {
            StringBuilder rules = new StringBuilder();
            guard.maxErrorRate().ifPresent(rate -> rules.append("error-rate=%s%%,".formatted(percent(rate))));
            guard.maxLatencyRatio().ifPresent(ratio -> rules.append("latency=%sx,".formatted(Wording.number(ratio))));
            guard.maxDisagreement().ifPresent(rate -> rules.append("disagreement=%s%%,".formatted(percent(rate))));
            return " --guard %smin-requests=%d,window=%s --on-breach %s --on-success %s"
                    .formatted(
                            rules,
                            guard.minRequests(),
                            Durations.text(guard.window()),
                            guard.onBreach().name().toLowerCase(Locale.ROOT),
                            guard.onSuccess().name().toLowerCase(Locale.ROOT));
        }

        private static String percent(double share) {
            return Wording.number(Wording.plain(share).movePointRight(2).doubleValue());
        }
    }

    /** How much of the traffic a canary gets, and when. */
    sealed interface Ramp {
        /** {@return the options that say so} */
        String options();

        /** This many percent, until somebody says otherwise. */
        record Weight(double percent) implements Ramp {
            /**
             * Checks the weight.
             *
             * @throws IllegalArgumentException when it is not above 0 and at most 100, with two decimals at most
             */
            public Weight {
                checkPercent(percent);
            }

            @Override
            public String options() {
                return " --weight " + Wording.number(percent);
            }
        }

        /** One weight after the other, each for as long as {@code every}. */
        record Steps(List<Double> percents, Duration every) implements Ramp {
            /** A schedule that is longer is refused: it is written into the file, and into its history. */
            public static final int MAX = 20;

            /**
             * Checks the steps.
             *
             * @throws IllegalArgumentException when there are none or too many, when they do not rise, or take no time
             */
            public Steps {
                percents = List.copyOf(percents);
                percents.forEach(Ramp::checkPercent);
                if (percents.isEmpty() || percents.size() > MAX) {
                    throw new IllegalArgumentException(
                            "a canary takes 1 to %d steps, got %d".formatted(MAX, percents.size()));
                }
                for (int i = 1; i < percents.size(); i++) {
                    if (percents.get(i) <= percents.get(i - 1)) {
                        throw new IllegalArgumentException("steps must rise, got %s after %s"
                                .formatted(Wording.percent(percents.get(i)), Wording.percent(percents.get(i - 1))));
                    }
                }
                if (every.toMillis() <= 0) {
                    throw new IllegalArgumentException("a step must take longer than nothing");
                }
            }

            @Override
            public String options() {
                return " --steps %s --every %s"
                        .formatted(
                                percents.stream().map(Wording::number).collect(Collectors.joining(",")),
                                Durations.text(every));
            }
        }

        private static void checkPercent(double percent) {
            if (!(percent > 0 && percent <= 100) || Wording.plain(percent).scale() > 2) {
                throw new IllegalArgumentException(
                        "a share must be above 0 and at most 100 percent, with two decimals at most, got " + percent);
            }
        }
    }

    /**
     * Lets a canary stay at its weight.
     *
     * @param id of the canary that is meant: another one may have begun meanwhile
     * @param rule what the guard found, where it was told to hold
     */
    record PauseCanary(String id, Optional<String> rule) implements PolicyChange {
        @Override
        public String command(ModelName model) {
            return "canary pause " + model;
        }
    }

    /** Lets a paused canary go on from where it was. */
    record ResumeCanary(String id) implements PolicyChange {
        @Override
        public String command(ModelName model) {
            return "canary resume " + model;
        }
    }

    /** Makes a canary the primary; an alias that named the primary moves. */
    record PromoteCanary(String id) implements PolicyChange {
        @Override
        public String command(ModelName model) {
            return "canary promote " + model;
        }
    }

    /**
     * Takes all traffic from a canary; from one that has just become the primary, too.
     *
     * @param breach what the guard measured; empty when somebody decided it
     */
    record AbortCanary(String id, Optional<Breach> breach) implements PolicyChange {
        /** Whoever aborts later, and names no canary, does not mean a promotion that has long been normal. */
        public static final Duration FRESH = Duration.ofHours(24);

        /** {@code aborted.rule} where it was no rule, but somebody's decision. */
        public static final String OPERATOR = "operator";

        @Override
        public String command(ModelName model) {
            return "canary abort " + model;
        }
    }

    /** The rule of a guard that does not hold: what was measured, and what is allowed. */
    record Breach(String rule, double measured, double limit) {}

    /** Finds a step of a canary clean, counted from 1; only gateways can. */
    record PassStep(String id, int step) implements PolicyChange {
        @Override
        public String command(ModelName model) {
            return "canary pass %s (step %d)".formatted(model, step);
        }
    }

    /** Lets a version see a copy of this many percent of the requests. */
    record StartShadow(ModelVersion version, double percent) implements PolicyChange {
        /**
         * Checks the share.
         *
         * @throws IllegalArgumentException when it is not above 0 and at most 100, with two decimals at most
         */
        public StartShadow {
            Ramp.checkPercent(percent);
        }

        @Override
        public String command(ModelName model) {
            return "shadow start %s/%s --percent %s".formatted(model, version, Wording.number(percent));
        }
    }

    /** Ends the shadow. */
    record StopShadow() implements PolicyChange {
        @Override
        public String command(ModelName model) {
            return "shadow stop " + model;
        }
    }

    /**
     * Takes a version out of service.
     *
     * @param sunset when; empty is at once
     */
    record Retire(ModelVersion version, Optional<Instant> sunset, Optional<String> reason) implements PolicyChange {
        @Override
        public String command(ModelName model) {
            return "retire %s/%s%s"
                    .formatted(
                            model,
                            version,
                            sunset.map(time -> " --sunset " + time).orElse(""));
        }
    }

    /** Takes the latest change back. Taking that back does it again. */
    record Undo() implements PolicyChange {
        @Override
        public String command(ModelName model) {
            return "undo " + model;
        }
    }
}
