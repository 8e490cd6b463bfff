package dev.serin.inference.json;

import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.io.OutputStream;
import java.util.List;

/** The native bodies: rows ({@code instances}) and columns ({@code inputs}). Stateless. */
public final class NativeJson {
    private NativeJson() {}

    /**
     * Reads a request.
     *
     * @throws dev.serin.inference.InvalidInputException when it cannot be read or does not fit
     */
    public static Request read(byte[] body, int length, Signature signature, JsonLimits limits) {
        throw new UnsupportedOperationException("to be written");
    }

    /**
     * Writes an answer in the form of its request.
     *
     * @throws dev.serin.inference.InvalidInputException (misfit) when rows were asked and an output has none
     */
    public static void write(Request request, Signature signature, List<Value> outputs, OutputStream out) {
        throw new UnsupportedOperationException("to be written");
    }

    /** A body of this gateway's own making that the model takes, rows where it can be; for examples. */
    public static String example(Signature signature, List<Tensor> inputs) {
        throw new UnsupportedOperationException("to be written");
    }

    /** A request, read. The tensors are the caller's to close. */
    public record Request(Form form, List<Tensor> inputs) {}

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
