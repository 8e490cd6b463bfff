package dev.serin.gateway.http;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.predict.PredictionListener;
import dev.serin.gateway.predict.Predictions;
import dev.serin.registry.VersionId;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Everything that both ports answer. One handler of ours splits the raw path and hands the request to the service of
 * its first segment; patterns are not matched one by one, and no segment is decoded twice. Thread-safe.
 */
public final class HttpEdge {
    private static final Header PROMETHEUS =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    private static final String PAGE = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Serin</title></head>
        <body><h1>Serin</h1><p>Serves ONNX models straight from a bucket.</p>
        <ul><li><a href="/models">/models</a>: what is served</li>
        <li><a href="/errors">/errors</a>: what errors mean, and what to do</li>
        <li><a href="/health/ready">/health/ready</a></li></ul></body></html>
        """;
    private static final String MANAGEMENT_PAGE = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Serin: management</title></head>
        <body><h1>Serin: management</h1>
        <ul><li><a href="/metrics">/metrics</a></li>
        <li><a href="/health/ready">/health/ready</a></li></ul></body></html>
        """;

    private final HttpConfig config;
    private final Drain drain;
    private final Listeners listeners;
    private final HttpErrors errors;
    private final Map<String, EdgeService> services;
    private final Map<String, EdgeService> managementServices;

    /**
     * Who hears of what happens here.
     *
     * @param predictions every prediction, answered or refused
     * @param hidden what callers are not told
     * @param cut {@code head} or {@code body}, for each connection that is cut because that did not come
     */
    public record Listeners(PredictionListener predictions, HiddenFailures hidden, Consumer<String> cut) {}

    /** Hears of failures of which the caller is told no more than the id of his request. */
    @FunctionalInterface
    public interface HiddenFailures {
        /**
         * One of them.
         *
         * @param code {@link ErrorCode#INFERENCE_FAILED} when the model did it, {@link ErrorCode#INTERNAL} when the gateway did;
         *     {@link ErrorCode#REGISTRY_UNAVAILABLE} and {@link ErrorCode#FORBIDDEN} for changes that could not be made
         * @param version which version was chosen, if the request got that far
         * @param cause with the stack of whoever found it
         */
        void failed(ErrorCode code, Optional<VersionId> version, String requestId, Throwable cause);
    }

    /**
     * Joins the services.
     *
     * @param metrics Prometheus text, made anew for each request to {@code /metrics}
     * @param clock tells for how long the registry has been silent
     * @param random for the jitter of {@code Retry-After}
     * @param productVersion as {@code /v2} tells it
     */
    public HttpEdge(
            HttpConfig config,
            Predictions predictions,
            Catalog catalog,
            Operations operations,
            Health health,
            Drain drain,
            Listeners listeners,
            Supplier<String> metrics,
            InstantSource clock,
            RandomGenerator random,
            String productVersion) {
        this.config = config;
        this.drain = drain;
        this.listeners = listeners;
        this.errors = new HttpErrors(config.maxBodyBytes(), catalog, clock, random, listeners.hidden());
        PredictStep step = new PredictStep(predictions);
        NativeService predict = new NativeService(step, config.jsonLimits());
        ModelsService models = new ModelsService(catalog, operations);
        this.services = Map.of(
                "", new RootService(PAGE),
                "models", (exchange, path) -> models(predict, models, exchange, path),
                "v2", new V2Service(step, config.jsonLimits(), catalog, health, productVersion),
                "health", HealthService.brief(health),
                "errors", new ErrorsService());
        this.managementServices = Map.of(
                "",
                new RootService(MANAGEMENT_PAGE),
                "health",
                HealthService.detailed(health, catalog),
                "admin",
                new AdminService(catalog, operations, new AdminAccess(config.management())),
                "metrics",
                (exchange, path) -> metrics(exchange, path, metrics));
    }

    /** The routing of the main port. */
    public void routing(HttpRouting.Builder routing) {
        routing.any((request, response) -> handle(services, request, response));
    }

    /** The routing of the management port. */
    public void managementRouting(HttpRouting.Builder routing) {
        routing.any((request, response) -> handle(managementServices, request, response));
    }

    /** {@return HTTP/1.1 connections for one port; whoever listens there sweeps them} */
    Connections connections(LongSupplier clock) {
        return new Connections(config.readLimits(), errors::tooSlow, listeners.cut(), clock);
    }

    /** What either port may be asked for, and how it speaks of requests that never reach a routing. */
    public void listener(ListenerConfig.BuilderBase<?, ?> listener) {
        listener.maxTcpConnections(config.maxConnections())
                .maxPayloadSize(config.maxBodyBytes())
                .contentEncoding(new UntouchedContent())
                .directHandlers(new TransportErrors(errors, listeners.predictions()).forEveryEvent());
    }

    private void handle(Map<String, EdgeService> byName, ServerRequest request, ServerResponse response) {
        Exchange exchange = new Exchange(request, response, drain, System.nanoTime());
        drain.enter();
        try {
            Connections.requestBegins(exchange);
            answer(byName, exchange);
            if (!exchange.isLastOfConnection()) {
                Body.takeRest(request);
            }
        } finally {
            Connections.requestEnds(exchange.isLastOfConnection());
            drain.leave();
        }
    }

    private void answer(Map<String, EdgeService> byName, Exchange exchange) {
        try {
            serve(byName, exchange);
        } finally {
            exchange.prediction().ifPresent(listeners.predictions()::finished);
        }
    }

    private void serve(Map<String, EdgeService> byName, Exchange exchange) {
        try {
            dispatch(byName, exchange);
        } catch (RuntimeException failure) { // the one place where a failure, known or not, becomes an answer
            fail(exchange, failure);
        } catch (OutOfMemoryError full) { // of buffers beside the heap: where the heap is full the JVM ends
            fail(exchange, noMemory(full));
        }
    }

    private void fail(Exchange exchange, RuntimeException failure) {
        if (exchange.isSent()) {
            throw new CloseConnectionException("The answer could not be written", failure);
        }
        errors.send(exchange, failure);
    }

    private static ServingException noMemory(OutOfMemoryError full) {
        return new ServingException(
                        ErrorCode.OVERLOADED,
                        "The gateway has no memory left for the bodies of requests. Try again in about 1 s.",
                        full)
                .retryAfter(Duration.ofSeconds(1));
    }

    private static void dispatch(Map<String, EdgeService> byName, Exchange exchange) {
        String rawPath = exchange.rawPath().equals("/v2/") ? "/v2" : exchange.rawPath(); // V2 spells it both ways
        List<String> path = PathSegments.parse(rawPath).orElseThrow(() -> HttpErrors.noSuchPath(rawPath));
        EdgeService service = byName.get(path.isEmpty() ? "" : path.getFirst());
        if (service == null) {
            throw HttpErrors.noSuchPath(rawPath);
        }
        service.serve(exchange, path);
    }

    private static void models(NativeService predict, ModelsService models, Exchange exchange, List<String> path) {
        EdgeService service = NativeService.target(path).isPresent() ? predict : models;
        service.serve(exchange, path);
    }

    private static void metrics(Exchange exchange, List<String> path, Supplier<String> text) {
        if (path.size() != 1) {
            throw HttpErrors.noSuchPath(exchange.rawPath());
        }
        exchange.allow(Method.GET);
        exchange.send(Status.OK_200, PROMETHEUS, text.get().getBytes(StandardCharsets.UTF_8));
    }
}
