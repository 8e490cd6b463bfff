package dev.serin.gateway.http;

import dev.serin.gateway.predict.Answer;
import dev.serin.gateway.predict.Call;
import dev.serin.gateway.predict.Predictions;
import dev.serin.gateway.predict.Target;
import io.helidon.http.Status;

/** What all protocols do with a prediction: hand the call down, write the answer, keep account of both. */
final class PredictStep {
    private final Predictions predictions;

    PredictStep(Predictions predictions) {
        this.predictions = predictions;
    }

    void run(Exchange exchange, Target target, Codec codec) {
        Answer answer = predictions.predict(new Call(
                exchange.requestId(),
                target,
                exchange::routingKey,
                exchange.startNanos(),
                DeadlineHeader.read(exchange.headers(), exchange.startNanos()),
                codec));
        exchange.answered(answer.served(), answer.timings());
        exchange.rows(codec.rows());
        switch (answer) {
            case Answer.Outputs outputs -> send(exchange, codec, outputs);
            case Answer.Failed failed -> throw failed.failure();
        }
    }

    private static void send(Exchange exchange, Codec codec, Answer.Outputs outputs) {
        long begin = System.nanoTime();
        GrowingBytes out = codec.encode(outputs);
        exchange.written(System.nanoTime() - begin);
        if (!out.isJson()) {
            exchange.header(JsonLengthHeader.of(out.jsonLength()));
        }
        exchange.send(Status.OK_200, out.isJson() ? Exchange.JSON : Exchange.OCTET_STREAM, out.array(), out.size());
    }
}
