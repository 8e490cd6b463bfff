package dev.serin.registry;

import dev.serin.registry.ModelPolicy.Aborted;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelPolicy.OnBreach;
import dev.serin.registry.ModelPolicy.OnSuccess;
import dev.serin.registry.ModelPolicy.Passed;
import dev.serin.registry.ModelPolicy.Paused;
import dev.serin.registry.ModelPolicy.Step;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;

/** Canaries for tests, each made from another: started at {@link #START}, of version 2, with id {@code k3f9}. */
public final class Canaries {
    public static final Instant START = Instant.parse("2026-11-22T14:00:00Z");

    /** Errors at most 1 %, one and a half times the latency, 2 % disagreement, over five minutes from 200 requests. */
    public static final Guard GUARD = new Guard(
            Duration.ofMinutes(5),
            200,
            Optional.of(0.01),
            Optional.of(1.5),
            Optional.of(0.02),
            OnBreach.ABORT,
            OnSuccess.PROMOTE);

    private Canaries() {}

    /** {@return minute of the canary's life} */
    public static Instant minute(long minute) {
        return START.plus(Duration.ofMinutes(minute));
    }

    public static Canary constant(double weight) {
        return new Canary(
                "k3f9",
                new ModelVersion("2"),
                weight,
                Optional.empty(),
                Optional.of(START),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** {@return one with these weights, each for ten minutes} */
    public static Canary stepped(double... weights) {
        List<Step> steps = DoubleStream.of(weights)
                .mapToObj(weight -> new Step(weight, Duration.ofMinutes(10)))
                .toList();
        return withSteps(constant(weights[0]), steps);
    }

    public static Canary withSteps(Canary canary, List<Step> steps) {
        return new Canary(
                canary.id(),
                canary.version(),
                canary.weight(),
                canary.stickyHeader(),
                canary.startedAt(),
                steps,
                canary.passed(),
                canary.guard(),
                canary.paused(),
                canary.aborted());
    }

    public static Canary guarded(Canary canary, Guard guard) {
        return new Canary(
                canary.id(),
                canary.version(),
                canary.weight(),
                canary.stickyHeader(),
                canary.startedAt(),
                canary.steps(),
                canary.passed(),
                Optional.of(guard),
                canary.paused(),
                canary.aborted());
    }

    public static Canary passed(Canary canary, int step, Instant at) {
        List<Passed> all = new ArrayList<>(canary.passed());
        all.add(new Passed(step, at, "gw-2"));
        return new Canary(
                canary.id(),
                canary.version(),
                canary.weight(),
                canary.stickyHeader(),
                canary.startedAt(),
                canary.steps(),
                all,
                canary.guard(),
                canary.paused(),
                canary.aborted());
    }

    public static Canary paused(Canary canary, Instant at) {
        return new Canary(
                canary.id(),
                canary.version(),
                canary.weight(),
                canary.stickyHeader(),
                canary.startedAt(),
                canary.steps(),
                canary.passed(),
                canary.guard(),
                Optional.of(new Paused(at, "ana", Optional.empty())),
                canary.aborted());
    }

    public static Canary aborted(Canary canary, Instant at) {
        return new Canary(
                canary.id(),
                canary.version(),
                canary.weight(),
                canary.stickyHeader(),
                canary.startedAt(),
                canary.steps(),
                canary.passed(),
                canary.guard(),
                canary.paused(),
                Optional.of(new Aborted(at, "gw-1", "errors", Optional.of(0.031), Optional.of(0.01))));
    }

    /** {@return one that says nothing of when it started} */
    public static Canary neverStarted(Canary canary) {
        return new Canary(
                canary.id(),
                canary.version(),
                canary.weight(),
                canary.stickyHeader(),
                Optional.empty(),
                canary.steps(),
                canary.passed(),
                canary.guard(),
                canary.paused(),
                canary.aborted());
    }

    /** {@return the same guard with another word on breaches and on the end} */
    public static Guard guard(OnBreach onBreach, OnSuccess onSuccess) {
        return new Guard(
                GUARD.window(),
                GUARD.minRequests(),
                GUARD.maxErrorRate(),
                GUARD.maxLatencyRatio(),
                GUARD.maxDisagreement(),
                onBreach,
                onSuccess);
    }
}
