package dev.serin.gateway.http;

import dev.serin.gateway.predict.Target;
import dev.serin.inference.json.JsonLimits;
import io.helidon.http.Method;
import java.util.List;
import java.util.Optional;

/** {@code POST /models/{model}[/{version}]/predict}: native rows and columns. */
final class NativeService implements EdgeService {
    private static final String PREDICT = "predict";

    private final PredictStep step;
    private final JsonLimits limits;

    NativeService(PredictStep step, JsonLimits limits) {
        this.step = step;
        this.limits = limits;
    }

    /** {@return what a path under {@code /models} asks a prediction of; empty when it asks none} */
    static Optional<Target> target(List<String> path) {
        boolean predicts =
                (path.size() == 3 || path.size() == 4) && path.getLast().equals(PREDICT);
        return predicts
                ? Optional.of(new Target(path.get(1), path.size() == 4 ? Optional.of(path.get(2)) : Optional.empty()))
                : Optional.empty();
    }

    @Override
    public void serve(Exchange exchange, List<String> path) {
        Target target = target(path).orElseThrow(() -> HttpErrors.noSuchPath(exchange.rawPath()));
        exchange.allow(Method.POST);
        exchange.predicting(target);
        MediaTypes.requireUncompressed(exchange);
        byte[] body = Body.read(exchange.request());
        exchange.read(body.length);
        MediaTypes.requireJson(exchange, body);
        step.run(exchange, target, new NativeCodec(body, limits));
    }
}
