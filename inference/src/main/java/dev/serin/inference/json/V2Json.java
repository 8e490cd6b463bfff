package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.io.JsonEOFException;
import dev.serin.inference.BufferPool;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.TensorBytes;
import dev.serin.inference.Value;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Open Inference Protocol V2: JSON, and tensors as bytes behind it. Stateless; tensors lie in buffers of
 * {@link BufferPool#SHARED}.
 */
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
        return read(body, length, Optional.empty(), signature, limits, pool);
    }

    /**
     * Reads an inference request with bytes behind its JSON. Those stay the caller's: the tensors that lie in them hold them for
     * themselves.
     *
     * @param json UTF-8; when it is empty, the bytes are those of the model's one input
     * @return the request, whose tensors the caller closes
     * @throws dev.serin.inference.InvalidInputException when it cannot be read or does not fit
     */
    public static Request read(byte[] json, TensorBytes bytes, Signature signature, JsonLimits limits) {
        return read(json, bytes, signature, limits, BufferPool.SHARED);
    }

    static Request read(byte[] json, TensorBytes bytes, Signature signature, JsonLimits limits, BufferPool pool) {
        return json.length == 0
                ? V2Raw.read(bytes, signature, limits)
                : read(json, json.length, Optional.of(bytes), signature, limits, pool);
    }

    private static Request read(
            byte[] body,
            int length,
            Optional<TensorBytes> bytes,
            Signature signature,
            JsonLimits limits,
            BufferPool pool) {
        try {
            return readOnce(body, length, bytes, signature, limits, pool);
        } catch (InvalidInputException e) {
            byte[] spelledOut = Words.spelledOut(body, length)
                    .filter(_ -> e.kind() == InvalidInputException.Kind.UNREADABLE)
                    .orElseThrow(() -> e);
            return readOnce(spelledOut, spelledOut.length, bytes, signature, limits, pool);
        }
    }

    private static Request readOnce(
            byte[] body,
            int length,
            Optional<TensorBytes> bytes,
            Signature signature,
            JsonLimits limits,
            BufferPool pool) {
        V2Source source = new V2Source(body, length, bytes, limits, pool);
        try (JsonParser parser = source.parser();
                V2Reader reader = new V2Reader(parser, source, signature)) {
            return reader.read();
        } catch (JsonEOFException e) {
            throw bytes.isPresent() ? endsTooEarly(length) : Body.unreadable(e, limits);
        } catch (IOException e) {
            throw Body.unreadable(e, limits);
        }
    }

    private static InvalidInputException endsTooEarly(int length) {
        return Body.unreadable(
                "The JSON ends too early: header Inference-Header-Content-Length says that it is the first %d bytes of the body."
                        .formatted(length));
    }

    /** {@return what of the answer is to come as bytes; empty when nothing is, and all is JSON} */
    public static Optional<V2Blobs> blobs(Request request, Signature signature, List<Value> outputs) {
        return request.wantsBytes() ? V2Blobs.of(request, signature, outputs) : Optional.empty();
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
        write(request, model, version, signature, outputs, Optional.empty(), out);
    }

    /** The same of the JSON alone, where some of the outputs follow it as bytes. */
    public static void write(
            Request request,
            String model,
            String version,
            Signature signature,
            List<Value> outputs,
            Optional<V2Blobs> blobs,
            OutputStream out) {
        try (JsonText json = new JsonText(out)) {
            new V2Writer(json, blobs).write(request, model, version, signature, outputs);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write the response", e);
        }
    }

    /**
     * A request, read. The tensors are the caller's to close.
     *
     * @param id given by the client, to be repeated in the answer
     * @param inputs in the order of the signature
     * @param outputs asked for, in the caller's order; empty means all
     * @param binary whether all come as bytes when none is asked for by name; it says nothing of those that are
     * @param timeout parameter {@code timeout}, sent in microseconds: bounds the time in the queue
     */
    public record Request(
            Optional<String> id,
            List<Tensor> inputs,
            List<Output> outputs,
            boolean binary,
            Optional<Duration> timeout) {
        public Request {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }

        boolean wantsBytes() {
            return outputs.isEmpty() ? binary : outputs.stream().anyMatch(Output::binary);
        }
    }

    /**
     * An output that is asked for by name.
     *
     * @param binary whether it is to come as bytes
     */
    public record Output(String name, boolean binary) {}
}
