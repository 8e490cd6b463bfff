package dev.serin.gateway.predict;

import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.routing.Decision;
import dev.serin.gateway.routing.Route;
import dev.serin.gateway.scheduling.RunScheduler.Ran;
import dev.serin.inference.Deadline;
import dev.serin.inference.Value;
import dev.serin.registry.VersionId;
import dev.serin.serving.Servable;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How far one call has come, so that a failure can say what was chosen and where the time went. One thread's. */
final class Journey {
    final long startNanos;
    long loadNanos;
    long decodeNanos;
    long queuedAt;
    private int together = 1; // requests of the run; written before ranAt
    volatile long ranAt; // written by the thread that runs

    @Nullable
    Deadline deadline;

    private @Nullable Decision decision;

    Journey(long startNanos) {
        this.startNanos = startNanos;
    }

    void routed(Decision chosen) {
        decision = chosen;
    }

    /** A run begins that is for so many requests. Called by the thread that runs. */
    void runs(int requests) {
        together = requests;
        ranAt = System.nanoTime();
    }

    VersionId version() {
        return Objects.requireNonNull(decision).version().id();
    }

    /** {@return whether the caller named the version} */
    boolean isPinned() {
        return decision != null && decision.route() == Route.PINNED;
    }

    /** {@return what also gets a copy} */
    Optional<CatalogVersion> shadow() {
        return decision == null ? Optional.empty() : decision.shadow();
    }

    /** {@return the version's name for texts} */
    String name() {
        return decision == null ? "the model" : version().toString();
    }

    long allowedMillis() {
        return deadline == null ? 0 : (deadline.nanoTime() - startNanos) / 1_000_000;
    }

    Answer answered(Servable servable, Ran<List<Value>> ran) {
        return new Answer.Outputs(
                served().orElseThrow(),
                servable.signature(),
                ran.result(),
                new Timings(loadNanos, decodeNanos, ran.queueNanos(), ran.runNanos(), ran.requests()));
    }

    Answer failed(ServingException failure) {
        long now = System.nanoTime();
        long began = ranAt;
        long queue = queuedAt == 0 ? 0 : (began == 0 ? now : began) - queuedAt;
        long run = began == 0 ? 0 : now - began;
        return new Answer.Failed(
                served(), failure, new Timings(loadNanos, decodeNanos, queue, run, began == 0 ? 1 : together));
    }

    private Optional<Served> served() {
        return Optional.ofNullable(decision).map(Served::new);
    }
}
