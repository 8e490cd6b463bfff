package dev.serin.gateway.http;

import dev.serin.gateway.predict.Answer;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.TensorBytes;
import dev.serin.inference.json.JsonLimits;
import dev.serin.inference.json.V2Blobs;
import dev.serin.inference.json.V2Json;
import java.io.OutputStream;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Open Inference Protocol V2, JSON and bytes. */
final class V2Codec implements Codec {
    private final byte[] json;
    private final @Nullable TensorBytes bytes;
    private final JsonLimits limits;
    private V2Json.@Nullable Request request;

    V2Codec(byte[] json, JsonLimits limits) {
        this(json, null, limits);
    }

    /** @param bytes behind the JSON, which are closed when they have been decoded; if that does not happen, by whoever made this */
    V2Codec(byte[] json, @Nullable TensorBytes bytes, JsonLimits limits) {
        this.json = json;
        this.bytes = bytes;
        this.limits = limits;
    }

    @Override
    public Decoded decode(Signature signature) {
        V2Json.Request read =
                bytes == null ? V2Json.read(json, json.length, signature, limits) : read(bytes, signature);
        request = read;
        return new Decoded(read.inputs(), read.timeout());
    }

    private V2Json.Request read(TensorBytes behind, Signature signature) {
        try (behind) { // from here on the tensors alone hold it: it may be read into again while the answer leaves
            return V2Json.read(json, behind, signature, limits);
        }
    }

    @Override
    public int rows() {
        return request == null ? 0 : rows(request.inputs());
    }

    @Override
    public Encoded encode(Answer.Outputs answer) {
        V2Json.Request decoded = Objects.requireNonNull(request);
        Optional<V2Blobs> blobs = V2Json.blobs(decoded, answer.signature(), answer.outputs());
        GrowingBytes json = new GrowingBytes();
        write(decoded, answer, blobs, json);
        return new Encoded(json, blobs);
    }

    /** Writes an answer, but for what follows its JSON as bytes. */
    static void write(V2Json.Request request, Answer.Outputs answer, Optional<V2Blobs> blobs, OutputStream out) {
        V2Json.write(
                request,
                answer.by().version().model().value(),
                answer.by().version().version().value(),
                answer.signature(),
                answer.outputs(),
                blobs,
                out);
    }

    /** {@return the first dimension of the first input; 1 where there is none} */
    static int rows(List<Tensor> inputs) {
        if (inputs.isEmpty() || inputs.getFirst().shape().length == 0) {
            return 1;
        }
        return (int) Math.min(Integer.MAX_VALUE, inputs.getFirst().shape()[0]);
    }
}
