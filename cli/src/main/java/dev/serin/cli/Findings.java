package dev.serin.cli;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** What a checkup has found so far: at most one finding for each check. Used by one thread. */
final class Findings {
    private final Map<Check, Finding> made = new EnumMap<>(Check.class);

    /** How a check ended. */
    enum Verdict {
        OK("ok"),
        /** It works, and there is something to know. */
        NOTE("note"),
        /** A gateway cannot serve from there. */
        FAIL("FAIL"),
        /** It was not made. */
        SKIP("skip");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    /**
     * What one check found.
     *
     * @param advice lines for who has to mend it
     * @param honoured whether the store does what was asked; empty where that is not the question, or was not answered
     */
    record Finding(Verdict verdict, String text, List<String> advice, Optional<Boolean> honoured) {
        Finding {
            advice = List.copyOf(advice);
        }

        boolean isFailure() {
            return verdict == Verdict.FAIL;
        }
    }

    void ok(Check check, String text) {
        add(check, Verdict.OK, text);
    }

    void note(Check check, String text, String... advice) {
        add(check, Verdict.NOTE, text, advice);
    }

    void fail(Check check, String text, List<String> advice) {
        made.put(check, new Finding(Verdict.FAIL, text, advice, Optional.empty()));
    }

    void skip(Check check, String why) {
        add(check, Verdict.SKIP, "not checked, as " + why);
    }

    void honoured(Check check, String text) {
        made.put(check, new Finding(Verdict.OK, text, List.of(), Optional.of(true)));
    }

    void ignored(Check check, String text, String... advice) {
        made.put(check, new Finding(Verdict.NOTE, text, List.of(advice), Optional.of(false)));
    }

    private void add(Check check, Verdict verdict, String text, String... advice) {
        made.put(check, new Finding(verdict, text, List.of(advice), Optional.empty()));
    }

    boolean has(Check check) {
        return made.containsKey(check);
    }

    /** {@return all in their order; those of them that were not made are skipped for what has failed} */
    Map<Check, Finding> all(Predicate<Check> which) {
        List<Check> failed = made.entrySet().stream()
                .filter(entry -> entry.getValue().isFailure())
                .map(Map.Entry::getKey)
                .toList();
        for (Check check : Check.values()) {
            if (which.test(check) && !has(check)) {
                skip(
                        check,
                        failed.isEmpty() ? "it could not be" : failed.getLast().word() + " failed");
            }
        }
        return new EnumMap<>(made);
    }
}
