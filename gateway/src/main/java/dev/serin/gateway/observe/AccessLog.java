package dev.serin.gateway.observe;

import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.predict.PredictionListener;
import dev.serin.gateway.predict.Timings;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A line per request, for as many as configured. A gateway that refuses requests because it has more than it can do is not to
 * spend what it has left on saying so thousands of times a second: unless every request was asked for, of those refusals the
 * first {@value #REFUSALS} of a second are told, and the next one told says how many were not. Thread-safe.
 */
public final class AccessLog implements PredictionListener {
    private static final int SAMPLED = 100;

    /** Of a second: enough to see who is refused and why; the counters have them all. */
    static final int REFUSALS = 10;

    private final ObserveConfig.AccessLog which;
    private final EventLog log = EventLog.access();
    private final AtomicLong successes = new AtomicLong();
    private final Quota refusals;

    /**
     * Tells what the configuration asks for.
     *
     * @param nanoTime as {@link System#nanoTime}
     */
    public AccessLog(ObserveConfig config, LongSupplier nanoTime) {
        this.which = config.access();
        this.refusals = new Quota(REFUSALS, nanoTime);
    }

    @Override
    public void finished(Prediction prediction) {
        if (!log.isOn()) {
            return;
        }
        if (which != ObserveConfig.AccessLog.ALL
                && prediction.error().filter(ErrorCode::isRejection).isPresent()) {
            refusals.ask().ifPresent(others -> log.tell(event(prediction).with("left_out", others)));
        } else if (prediction.error().isPresent() || isSuccessTold()) {
            log.tell(event(prediction));
        }
    }

    private boolean isSuccessTold() {
        return switch (which) {
            case ERRORS -> false;
            case SAMPLED -> successes.getAndIncrement() % SAMPLED == 0;
            case ALL -> true;
        };
    }

    private static Event event(Prediction prediction) {
        String name = prediction.error().isPresent() ? "request.failed" : "request.served";
        String code = prediction.error().map(ErrorCode::label).orElse("ok");
        Timings timings = prediction.timings();
        String subject = prediction
                .served()
                .map(served -> served.version().toString())
                .orElse(prediction.target().model());
        String message = "%d %s in %s ms · request %s"
                .formatted(prediction.status(), code, Events.millis(prediction.totalNanos()), prediction.requestId());
        return named(Event.of(Level.INFO, name, subject, message), prediction)
                .with("protocol", prediction.protocol())
                .with("status", prediction.status())
                .with("code", code)
                .with("rows", prediction.rows())
                .with("bytes_in", prediction.bytesIn())
                .with("bytes_out", prediction.bytesOut())
                .with("duration_s", Events.seconds(prediction.totalNanos()))
                .with("queue_s", Events.seconds(timings.queue()))
                .with("run_s", Events.seconds(timings.run()))
                .with("request_id", prediction.requestId());
    }

    private static Event named(Event event, Prediction prediction) {
        return prediction
                .served()
                .map(served -> event.with("model", served.version().model().value())
                        .with("version", served.version().version().value())
                        .with("route", served.route().label()))
                .orElseGet(() -> event.with("model", prediction.target().model()));
    }
}
