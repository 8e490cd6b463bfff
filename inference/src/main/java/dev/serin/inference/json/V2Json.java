package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import dev.serin.inference.BufferPool;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Open Inference Protocol V2, JSON tensors. Stateless; tensors lie in buffers of {@link BufferPool#SHARED}. */
public final class V2Json {
    private V2Json() {}

    /**
     * Reads an inference request: {@code data} nested or flat, members in any order, those that are not known ignored.
     *
     * @param body UTF-8; only the first {@code length} bytes count
     * @return the request, whose tensors the caller closes
     * @throws dev.serin.inference.InvalidInputException when it cannot be read or does not fit
     */
    public static Request read(byte[] body, int length, Signature signature, JsonLimits limits) {
        return read(body, length, signature, limits, BufferPool.SHARED);
    }

    static Request read(byte[] body, int length, Signature signature, JsonLimits limits, BufferPool pool) {
        try {
            return readOnce(body, length, signature, limits, pool);
        } catch (InvalidInputException e) {
            byte[] spelledOut = Words.spelledOut(body, length)
                    .filter(_ -> e.kind() == InvalidInputException.Kind.UNREADABLE)
                    .orElseThrow(() -> e);
            return readOnce(spelledOut, spelledOut.length, signature, limits, pool);
        }
    }

    private static Request readOnce(byte[] body, int length, Signature signature, JsonLimits limits, BufferPool pool) {
        V2Source source = new V2Source(body, length, limits, pool);
        try (JsonParser parser = source.parser();
                V2Reader reader = new V2Reader(parser, source, signature)) {
            return reader.read();
        } catch (IOException e) {
            throw Body.unreadable(e, limits);
        }
    }

    /**
     * Writes an inference response: the outputs asked for, flat, and no member that the protocol does not have.
     *
     * @param outputs one per output of the signature, in its order
     * @param out gets the response, and is neither flushed nor closed
     * @throws dev.serin.inference.OutputFormException when an output has no form in V2
     * @throws UncheckedIOException when {@code out} fails
     */
    public static void write(
            Request request, String model, String version, Signature signature, List<Value> outputs, OutputStream out) {
        try (JsonGenerator json = Answer.open(out)) {
            new V2Writer(json).write(request, model, version, signature, outputs);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write the response", e);
        }
    }

    /**
     * A request, read. The tensors are the caller's to close.
     *
     * @param id given by the client, to be repeated in the answer
     * @param inputs in the order of the signature
     * @param outputs names asked for, in the caller's order; empty means all
     * @param timeout parameter {@code timeout}, sent in microseconds: bounds the time in the queue
     */
    public record Request(Optional<String> id, List<Tensor> inputs, List<String> outputs, Optional<Duration> timeout) {
        public Request {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }
    }
}
