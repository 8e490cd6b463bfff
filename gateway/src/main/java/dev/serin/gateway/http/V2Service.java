package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.predict.Target;
import dev.serin.gateway.routing.Router;
import dev.serin.inference.Signature;
import dev.serin.inference.json.JsonLimits;
import io.helidon.http.Method;
import io.helidon.http.Status;
import java.util.List;
import java.util.Optional;

/** Open Inference Protocol V2: server, health, metadata, ready, infer; nothing else under {@code /v2}. */
final class V2Service implements EdgeService {
    private static final String PLATFORM = "onnxruntime_onnx";

    private final PredictStep step;
    private final JsonLimits limits;
    private final Catalog catalog;
    private final Health health;
    private final String productVersion;

    V2Service(PredictStep step, JsonLimits limits, Catalog catalog, Health health, String productVersion) {
        this.step = step;
        this.limits = limits;
        this.catalog = catalog;
        this.health = health;
        this.productVersion = productVersion;
    }

    /** What a path below {@code /v2/models/{model}} is about. */
    private record Subject(Target target, String operation) {}

    /** {@return what a path under {@code /v2} asks a prediction of; empty when it asks none} */
    static Optional<Target> target(List<String> path) {
        return subject(path)
                .filter(subject -> subject.operation().equals("infer"))
                .map(Subject::target);
    }

    @Override
    public void serve(Exchange exchange, List<String> path) {
        if (path.size() == 1) {
            server(exchange);
        } else if (path.size() == 3 && path.get(1).equals("health")) {
            health(exchange, path.get(2));
        } else {
            model(exchange, subject(path).orElseThrow(() -> HttpErrors.noSuchPath(exchange.rawPath())));
        }
    }

    private static Optional<Subject> subject(List<String> path) {
        if (path.size() < 3 || path.size() > 6 || !path.get(1).equals("models")) {
            return Optional.empty();
        }
        boolean versioned = path.size() >= 5;
        if (versioned && !path.get(3).equals("versions")) {
            return Optional.empty();
        }
        Optional<String> selector = versioned ? Optional.of(path.get(4)) : Optional.empty();
        int rest = versioned ? 5 : 3;
        String operation = path.size() > rest ? path.get(rest) : "";
        return Optional.of(new Subject(new Target(path.get(2), selector), operation));
    }

    private void model(Exchange exchange, Subject subject) {
        switch (subject.operation()) {
            case "" -> metadata(exchange, subject.target());
            case "ready" -> ready(exchange, subject.target());
            case "infer" -> infer(exchange, subject.target());
            default -> throw HttpErrors.noSuchPath(exchange.rawPath());
        }
    }

    private void infer(Exchange exchange, Target target) {
        exchange.allow(Method.POST);
        exchange.predicting(target);
        MediaTypes.requireUncompressed(exchange);
        if (JsonLengthHeader.isIn(exchange.headers())) {
            inferDivided(exchange, target);
            return;
        }
        byte[] body = Body.read(exchange.request()); // any content type: clients send none, octets or a form
        exchange.read(body.length);
        step.run(exchange, target, new V2Codec(body, limits));
    }

    private void inferDivided(Exchange exchange, Target target) {
        int jsonLength = JsonLengthHeader.read(exchange.headers());
        try (Body.Divided body = Body.readDivided(exchange.request(), jsonLength)) {
            exchange.read(body.length());
            JsonLengthHeader.requireAtMost(body.length(), jsonLength); // of a chunked one it is known only now
            step.run(exchange, target, new V2Codec(body.json(), body.bytes(), limits));
        }
    }

    private void server(Exchange exchange) {
        exchange.allow(Method.GET);
        ObjectNode body = Json.object().put("name", "serin").put("version", productVersion);
        body.putArray("extensions").add("binary_tensor_data");
        send(exchange, body);
    }

    private void health(Exchange exchange, String which) {
        switch (which) {
            case "live" -> {
                exchange.allow(Method.GET);
                require(exchange, health.live(), Json.object().put("live", true));
            }
            case "ready" -> {
                exchange.allow(Method.GET);
                require(
                        exchange,
                        health.ready(),
                        Json.object().put("ready", true).put("live", true));
            }
            default -> throw HttpErrors.noSuchPath(exchange.rawPath());
        }
    }

    private static void require(Exchange exchange, Health.Verdict verdict, ObjectNode good) {
        if (verdict.isUp()) {
            send(exchange, good);
        } else {
            ObjectNode bad = Json.object().put("error", "The gateway is not ready: " + verdict.reason());
            exchange.send(Status.SERVICE_UNAVAILABLE_503, Exchange.JSON, Json.compact(bad));
        }
    }

    private void ready(Exchange exchange, Target target) {
        exchange.allow(Method.GET);
        CatalogModel model = Lookup.model(catalog, target.model());
        eligible(model, target);
        send(exchange, Json.object().put("name", model.name().value()).put("ready", true));
    }

    private void metadata(Exchange exchange, Target target) {
        exchange.allow(Method.GET);
        CatalogModel model = Lookup.model(catalog, target.model());
        CatalogVersion version = eligible(model, target);
        ObjectNode body = Json.object().put("name", model.name().value());
        ArrayNode versions = body.putArray("versions");
        model.versions().stream()
                .filter(candidate -> target.selector().isEmpty()
                        ? candidate.isEligible()
                        : candidate.id().equals(version.id()))
                .forEach(candidate -> versions.add(candidate.id().version().value()));
        body.put("platform", PLATFORM);
        Signature signature = version.signature().orElseThrow();
        body.set("inputs", SignatureJson.v2(signature.inputs()));
        body.set("outputs", SignatureJson.v2(signature.outputs()));
        send(exchange, body);
    }

    /** The version that is meant, if it can answer. */
    private static CatalogVersion eligible(CatalogModel model, Target target) {
        CatalogVersion version = target.selector()
                .map(selector -> Lookup.version(model, selector))
                .orElseGet(() -> Router.usual(model)); // what infer would ask
        if (!version.isEligible()) {
            throw NotServing.of(version);
        }
        return version;
    }

    private static void send(Exchange exchange, ObjectNode body) {
        exchange.send(Status.OK_200, Exchange.JSON, Json.compact(body));
    }
}
