package dev.serin.registry.policy;

import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Passed;
import dev.serin.registry.ModelPolicy.Paused;
import dev.serin.registry.ModelPolicy.Step;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** How far a canary has come, as a writer must know it to say what it changes. Pure. */
final class Progress {
    private Progress() {}

    /**
     * {@return the weight that a canary has at an instant} Steps follow each other by the clock; with a guard each waits for
     * the one before it to be passed as well. A paused canary stays where it was.
     */
    static double weight(Canary canary, Instant instant) {
        if (canary.aborted().isPresent()) {
            return 0;
        }
        if (canary.startedAt().isEmpty() || canary.steps().isEmpty()) {
            return canary.weight();
        }
        Instant now = canary.paused().map(Paused::at).orElse(instant);
        Optional<Instant> begin = canary.startedAt();
        double weight = 0;
        List<Step> steps = canary.steps();
        for (int i = 0; i < steps.size() && begin.filter(at -> !at.isAfter(now)).isPresent(); i++) {
            weight = steps.get(i).weight();
            Instant end = begin.get().plus(steps.get(i).length());
            begin = canary.guard().isEmpty()
                    ? Optional.of(end)
                    : passedAt(canary, i + 1).map(passed -> passed.isAfter(end) ? passed : end);
        }
        return weight;
    }

    static Optional<Instant> passedAt(Canary canary, int step) {
        return canary.passed().stream()
                .filter(passed -> passed.step() == step)
                .map(Passed::at)
                .min(Instant::compareTo);
    }
}
