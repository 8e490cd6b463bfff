package dev.serin.inference.json;

import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Open Inference Protocol V2, JSON tensors. Stateless. */
public final class V2Json {
    private V2Json() {}

    /**
     * Reads an inference request.
     *
     * @throws dev.serin.inference.InvalidInputException when it cannot be read or does not fit
     */
    public static Request read(byte[] body, int length, Signature signature, JsonLimits limits) {
        throw new UnsupportedOperationException("to be written");
    }

    /** Writes an inference response. */
    public static void write(
            Request request, String model, String version, Signature signature, List<Value> outputs, OutputStream out) {
        throw new UnsupportedOperationException("to be written");
    }

    /**
     * A request, read. The tensors are the caller's to close.
     *
     * @param inputs in the order of the signature
     * @param outputs names asked for, in the caller's order; empty means all
     * @param timeout parameter {@code timeout}, sent in microseconds: bounds the time in the queue
     */
    public record Request(Optional<String> id, List<Tensor> inputs, List<String> outputs, Optional<Duration> timeout) {
        public Request {
            outputs = List.copyOf(outputs);
        }
    }
}
