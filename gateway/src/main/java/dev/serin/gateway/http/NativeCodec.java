package dev.serin.gateway.http;

import dev.serin.gateway.predict.Answer;
import dev.serin.inference.Signature;
import dev.serin.inference.json.JsonLimits;
import dev.serin.inference.json.NativeJson;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Native rows and columns; a V2 body on the native path is answered as V2. */
final class NativeCodec implements Codec {
    private final byte[] body;
    private final JsonLimits limits;
    private NativeJson.@Nullable Request request;

    NativeCodec(byte[] body, JsonLimits limits) {
        this.body = body;
        this.limits = limits;
    }

    @Override
    public Decoded decode(Signature signature) {
        NativeJson.Request read = NativeJson.read(body, body.length, signature, limits);
        request = read;
        return new Decoded(read.inputs(), timeout(read.form()));
    }

    @Override
    public int rows() {
        if (request == null) {
            return 0;
        }
        return switch (request.form()) {
            case NativeJson.Form.Rows(int count) -> count;
            case NativeJson.Form.Columns() -> V2Codec.rows(request.inputs());
            case NativeJson.Form.V2(var inner) -> V2Codec.rows(inner.inputs());
        };
    }

    @Override
    public Encoded encode(Answer.Outputs answer) {
        GrowingBytes out = new GrowingBytes();
        NativeJson.Request decoded = Objects.requireNonNull(request);
        if (decoded.form() instanceof NativeJson.Form.V2(var inner)) {
            V2Codec.write(inner, answer, Optional.empty(), out);
        } else {
            NativeJson.write(decoded, answer.signature(), answer.outputs(), out);
        }
        return Encoded.ofJson(out);
    }

    private static Optional<Duration> timeout(NativeJson.Form form) {
        return form instanceof NativeJson.Form.V2(var inner) ? inner.timeout() : Optional.empty();
    }
}
