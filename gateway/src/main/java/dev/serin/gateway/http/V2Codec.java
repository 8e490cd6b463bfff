package dev.serin.gateway.http;

import dev.serin.gateway.predict.Answer;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.json.JsonLimits;
import dev.serin.inference.json.V2Json;
import java.io.OutputStream;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Open Inference Protocol V2, JSON. */
final class V2Codec implements Codec {
    private final byte[] body;
    private final JsonLimits limits;
    private V2Json.@Nullable Request request;

    V2Codec(byte[] body, JsonLimits limits) {
        this.body = body;
        this.limits = limits;
    }

    @Override
    public Decoded decode(Signature signature) {
        V2Json.Request read = V2Json.read(body, body.length, signature, limits);
        request = read;
        return new Decoded(read.inputs(), read.timeout());
    }

    @Override
    public int rows() {
        return request == null ? 0 : rows(request.inputs());
    }

    @Override
    public void encode(Answer.Outputs answer, OutputStream out) {
        write(Objects.requireNonNull(request), answer, out);
    }

    static void write(V2Json.Request request, Answer.Outputs answer, OutputStream out) {
        V2Json.write(
                request,
                answer.by().version().model().value(),
                answer.by().version().version().value(),
                answer.signature(),
                answer.outputs(),
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
