package dev.serin.gateway.http;

import dev.serin.gateway.predict.Answer;
import dev.serin.gateway.predict.Call;
import dev.serin.gateway.predict.Predictions;
import dev.serin.gateway.predict.Target;

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
        Encoded encoded = codec.encode(outputs);
        exchange.written(System.nanoTime() - begin);
        exchange.send(encoded);
    }
}
