package dev.serin.benchmarks;

import java.util.List;

/**
 * A row and what came of it.
 *
 * @param rounds figures of each round that came to its end
 * @param reason why it is neither met nor missed; empty where it is
 */
record Outcome(Row row, Verdict verdict, List<Figures> rounds, String reason) {
    Outcome {
        rounds = List.copyOf(rounds);
    }

    static Outcome measured(Row row, List<Figures> rounds) {
        return new Outcome(row, row.judge(rounds), rounds, "");
    }

    /** {@return the exit status of a run with these rows: 0 when all are met} */
    static int status(List<Outcome> outcomes) {
        return outcomes.stream().allMatch(each -> each.verdict == Verdict.MET || each.verdict == Verdict.SKIPPED)
                ? 0
                : 1;
    }
}
