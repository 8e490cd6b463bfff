package dev.serin.gateway.predict;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.predict.Decoder.Decoded;
import dev.serin.gateway.predict.Shadows.Copy;
import dev.serin.gateway.routing.Decision;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.scheduling.Limit;
import dev.serin.gateway.scheduling.RunQueue;
import dev.serin.gateway.scheduling.RunScheduler;
import dev.serin.gateway.scheduling.RunScheduler.Ran;
import dev.serin.gateway.scheduling.SchedulingConfig;
import dev.serin.gateway.sessions.Lease;
import dev.serin.gateway.sessions.Sessions;
import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.InferenceException;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.registry.Digest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy.ServingOptions;
import dev.serin.registry.VersionId;
import dev.serin.serving.Servable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The one way of a request: route, decode, lease, run, answer. Thread-safe; called on the request's own thread, which
 * waits here for its turn.
 */
public final class Predictor implements Predictions {
    private final Catalog catalog;
    private final Routes routes;
    private final Sessions sessions;
    private final RunScheduler scheduler;
    private final SchedulingConfig scheduling;
    private final Shadows shadows;
    private final PredictConfig config;
    private final RunListener runs;
    private final ConcurrentMap<VersionId, Line> lines = new ConcurrentHashMap<>();

    public Predictor(
            Catalog catalog,
            Routes routes,
            Sessions sessions,
            RunScheduler scheduler,
            SchedulingConfig scheduling,
            Shadows shadows,
            PredictConfig config,
            RunListener runs) {
        this.catalog = catalog;
        this.routes = routes;
        this.sessions = sessions;
        this.scheduler = scheduler;
        this.scheduling = scheduling;
        this.shadows = shadows;
        this.config = config;
        this.runs = runs;
    }

    /** The queue of one version, and the options and bytes it was made for. */
    private record Line(ServingOptions options, Digest digest, RunQueue<List<Value>> queue) {
        boolean isFor(ServingOptions others, Servable servable) {
            return options.equals(others) && digest.equals(servable.digest());
        }
    }

    @Override
    public Answer predict(Call call) {
        Journey journey = new Journey(call.startNanos());
        try {
            return answer(call, journey);
        } catch (ServingException e) {
            return journey.failed(e.code() == ErrorCode.DEADLINE_EXCEEDED ? deadlineExceeded(journey) : e);
        } catch (InvalidInputException e) {
            return journey.failed(new ServingException(code(e), text(e)).withFaults(e.faults()));
        } catch (DeadlineExceededException e) {
            return journey.failed(deadlineExceeded(journey));
        } catch (InferenceException e) {
            return journey.failed(
                    new ServingException(ErrorCode.INFERENCE_FAILED, journey.name() + " failed on this input.", e));
        }
    }

    private Answer answer(Call call, Journey journey) {
        CatalogModel model = find(call.target().model());
        Decision decision = routes.decide(model, call.target().selector(), call.keys());
        CatalogVersion version = decision.version();
        journey.routed(decision);
        Deadline deadline = deadline(call, model);
        journey.deadline = deadline;
        Optional<Signature> known = version.signature();
        return known.isPresent()
                ? decodeThenRun(call, model, version, known.get(), deadline, journey)
                : leaseThenRun(call, model, version, deadline, journey);
    }

    /** The usual way: a body that does not fit costs no load. */
    private Answer decodeThenRun(
            Call call,
            CatalogModel model,
            CatalogVersion version,
            Signature signature,
            Deadline deadline,
            Journey journey) {
        Line line = lines.get(version.id());
        if (line != null && line.options().equals(model.policy().serving())) {
            scheduler.refuseEarly(line.queue());
        }
        try (Inputs inputs = decode(call, signature, journey)) {
            try (Lease lease = lease(version, deadline, journey)) {
                Answer answer = run(inputs.decoded, lease.servable(), model, deadline, journey);
                copy(call, inputs, answer, journey);
                return answer;
            }
        }
    }

    /** The first request for a version: what it takes is not known before it is loaded. */
    private Answer leaseThenRun(
            Call call, CatalogModel model, CatalogVersion version, Deadline deadline, Journey journey) {
        try (Lease lease = lease(version, deadline, journey);
                Inputs inputs = decode(call, lease.servable().signature(), journey)) {
            Answer answer = run(inputs.decoded, lease.servable(), model, deadline, journey);
            copy(call, inputs, answer, journey);
            return answer;
        }
    }

    /** Hands what was answered to the shadow, if this request is one of those that it sees. */
    private void copy(Call call, Inputs inputs, Answer answer, Journey journey) {
        Optional<CatalogVersion> shadow = journey.shadow();
        if (shadow.isPresent() && answer instanceof Answer.Outputs outputs) {
            inputs.given = shadows.offer(new Copy(
                    call.requestId(),
                    shadow.get(),
                    journey.version(),
                    outputs.signature(),
                    inputs.decoded.inputs(),
                    outputs.outputs(),
                    outputs.timings().runAlone()));
        }
    }

    private Lease lease(CatalogVersion version, Deadline deadline, Journey journey) {
        Lease lease = sessions.lease(version, deadline);
        journey.loadNanos = lease.waitedNanos();
        return lease;
    }

    private static Inputs decode(Call call, Signature signature, Journey journey) {
        long began = System.nanoTime();
        Inputs inputs = new Inputs(call.decoder().decode(signature));
        journey.decodeNanos = System.nanoTime() - began;
        return inputs;
    }

    private Answer run(Decoded decoded, Servable servable, CatalogModel model, Deadline deadline, Journey journey) {
        Optional<Deadline> patience = decoded.queueTimeout().map(Deadline::after);
        Deadline until = patience.map(deadline::earlier).orElse(deadline);
        ErrorCode timeoutCode = until.equals(deadline) ? ErrorCode.DEADLINE_EXCEEDED : ErrorCode.QUEUE_TIMEOUT;
        journey.queuedAt = System.nanoTime();
        Ran<List<Value>> ran = scheduler.run(
                queue(journey.version(), model, servable),
                until,
                timeoutCode,
                new TensorWork(servable, decoded.inputs(), deadline, journey));
        return journey.answered(servable, ran);
    }

    private RunQueue<List<Value>> queue(VersionId id, CatalogModel model, Servable servable) {
        ServingOptions options = model.policy().serving();
        Line line = lines.get(id);
        if (line != null && line.isFor(options, servable)) {
            return line.queue();
        }
        // The former line empties by itself; for that moment the limits count twice.
        return lines.compute(
                        id,
                        (_, present) -> present != null && present.isFor(options, servable)
                                ? present
                                : new Line(options, servable.digest(), newQueue(id, options, servable)))
                .queue();
    }

    private RunQueue<List<Value>> newQueue(VersionId id, ServingOptions options, Servable servable) {
        return new RunQueue<>(
                new RunQueue.Limits(
                        id.model().value(),
                        runs(options.maxConcurrency()),
                        queue(options.maxQueue()),
                        servable.report().batchable() ? options.maxBatchSize().orElse(scheduling.maxBatchSize()) : 1),
                servable.report().typicalRunNanos(),
                servable.report().onOneThread(),
                rows -> runs.ran(id, rows));
    }

    private Limit runs(OptionalInt own) {
        return own.isPresent() ? Limit.fixed(own.getAsInt()) : scheduling.runs();
    }

    private Limit queue(OptionalInt own) {
        return own.isPresent() ? Limit.fixed(own.getAsInt()) : scheduling.queue();
    }

    private Deadline deadline(Call call, CatalogModel model) {
        Duration own = model.policy().serving().deadline().orElse(config.deadline());
        Duration limit = own.compareTo(config.deadline()) < 0 ? own : config.deadline();
        Deadline deadline = new Deadline(call.startNanos() + limit.toNanos());
        return call.asked().map(deadline::earlier).orElse(deadline);
    }

    private CatalogModel find(String name) {
        try {
            return catalog.model(new ModelName(name)).orElseThrow(() -> unknown(name));
        } catch (IllegalArgumentException e) { // not a name at all
            throw unknown(name);
        }
    }

    private ServingException unknown(String name) {
        return NotFound.model(name, catalog);
    }

    private static ErrorCode code(InvalidInputException e) {
        return switch (e.kind()) {
            case UNREADABLE -> ErrorCode.INVALID_BODY;
            case MISFIT -> ErrorCode.INVALID_INPUT;
        };
    }

    private static String text(InvalidInputException e) {
        return Optional.ofNullable(e.getMessage()).orElse("The input does not fit the model.");
    }

    private static ServingException deadlineExceeded(Journey journey) {
        long now = System.nanoTime();
        long waited = (journey.ranAt == 0 ? now : journey.ranAt) - journey.startNanos;
        long ran = journey.ranAt == 0 ? 0 : now - journey.ranAt;
        return new ServingException(
                ErrorCode.DEADLINE_EXCEEDED,
                "The deadline of %d ms passed: %d ms waiting, %d ms running %s."
                        .formatted(journey.allowedMillis(), waited / 1_000_000, ran / 1_000_000, journey.name()));
    }

    /** The decoded tensors of one call, closed together unless they were given away. One thread's. */
    private static final class Inputs implements AutoCloseable {
        final Decoded decoded;
        boolean given;

        Inputs(Decoded decoded) {
            this.decoded = decoded;
        }

        @Override
        public void close() {
            if (!given) {
                decoded.inputs().forEach(Tensor::close);
            }
        }
    }
}
