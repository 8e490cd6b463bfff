package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonParser;
import dev.serin.inference.BufferPool;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The native bodies: rows ({@code instances}) and columns ({@code inputs}). Stateless; tensors lie in buffers of
 * {@link BufferPool#SHARED}.
 */
public final class NativeJson {
    private NativeJson() {}

    /**
     * Reads a request.
     *
     * @param body UTF-8; only the first {@code length} bytes count
     * @return the request, whose tensors the caller closes
     * @throws dev.serin.inference.InvalidInputException when it cannot be read or does not fit
     */
    public static Request read(byte[] body, int length, Signature signature, JsonLimits limits) {
        return read(body, length, signature, limits, BufferPool.SHARED);
    }

    static Request read(byte[] body, int length, Signature signature, JsonLimits limits, BufferPool pool) {
        return PlainBody.read(body, length, signature, limits, pool)
                .or(() -> readNative(body, length, signature, limits, pool))
                .orElseGet(() -> {
                    V2Json.Request request = V2Json.read(body, length, signature, limits, pool);
                    return new Request(new Form.V2(request), request.inputs());
                });
    }

    /** {@return the request, read in the way that takes any body; empty when it turns out to be a V2 request} */
    static Optional<Request> readNative(
            byte[] body, int length, Signature signature, JsonLimits limits, BufferPool pool) {
        try (JsonParser parser = Body.open(body, 0, length, limits);
                NativeReader reader = new NativeReader(parser, signature, pool, limits)) {
            return reader.read();
        } catch (IOException e) {
            throw Body.unreadable(e, limits);
        }
    }

    /**
     * Writes an answer in the form of its request. One to a {@linkplain Form.V2 V2 request} is written by
     * {@link V2Json#write}, which needs to know the model.
     *
     * @param outputs one per output of the signature, in its order
     * @param out gets the answer, and is neither flushed nor closed
     * @throws dev.serin.inference.InvalidInputException (misfit) when rows were asked and an output has none; nothing is
     *     written then
     * @throws UncheckedIOException when {@code out} fails
     */
    public static void write(Request request, Signature signature, List<Value> outputs, OutputStream out) {
        switch (request.form()) {
            case Form.Rows(int count) -> {
                NativeWriter.checkRows(signature.outputs(), outputs, count);
                write(out, json -> json.rows("predictions", signature.outputs(), outputs, count));
            }
            case Form.Columns() -> write(out, json -> json.columns("outputs", signature.outputs(), outputs));
            case Form.V2 _ -> throw new IllegalArgumentException("A V2 request is answered by V2Json");
        }
    }

    /** A body of this gateway's own making that the model takes, rows where it can be; for examples. */
    public static String example(Signature signature, List<Tensor> inputs) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (signature.inputs().stream().allMatch(NativeJson::hasRows)
                && signature.outputs().stream().allMatch(NativeJson::hasRows)
                && inputs.stream().map(tensor -> tensor.shape()[0]).distinct().count() == 1) {
            int count = Math.toIntExact(inputs.getFirst().shape()[0]);
            write(out, json -> json.rows("instances", signature.inputs(), inputs, count));
        } else {
            write(out, json -> json.columns("inputs", signature.inputs(), inputs));
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static boolean hasRows(Port port) {
        return switch (port.type()) {
            case TensorType(var _, var shape) -> !shape.isEmpty() && !(shape.getFirst() instanceof Dimension.Fixed);
            case Signature.Type.SequenceType _ -> true;
            case Signature.Type.MapType _ -> false;
        };
    }

    private static void write(OutputStream out, Writing writing) {
        try (JsonText json = new JsonText(out)) {
            writing.to(new NativeWriter(json));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write the answer", e);
        }
    }

    @FunctionalInterface
    private interface Writing {
        void to(NativeWriter json) throws IOException;
    }

    /**
     * A request, read. The tensors are the caller's to close.
     *
     * @param inputs in the order of the signature
     */
    public record Request(Form form, List<Tensor> inputs) {
        public Request {
            inputs = List.copyOf(inputs);
        }
    }

    /** How the body was spelled. */
    public sealed interface Form {
        /** {@code {"instances": […]}}. */
        record Rows(int count) implements Form {}

        /** {@code {"inputs": {…}}}. */
        record Columns() implements Form {}

        /** A V2 request on the native path: a list under {@code inputs} that begins with an object. */
        record V2(V2Json.Request request) implements Form {}
    }
}
