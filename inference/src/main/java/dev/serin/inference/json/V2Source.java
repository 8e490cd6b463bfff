package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonParser;
import dev.serin.inference.BufferPool;
import dev.serin.inference.TensorBytes;
import java.io.IOException;
import java.util.Optional;

/**
 * The body of a V2 request, whose JSON can be read a second time from any place and whose other bytes are handed out once, and
 * what its tensors are made with.
 */
final class V2Source {
    private final byte[] body;
    private final int length;
    private final JsonLimits limits;
    private final BufferPool pool;
    private final Budget budget;
    private final Optional<TensorBytes> bytes;
    private int handedOut;

    V2Source(byte[] body, int length, Optional<TensorBytes> bytes, JsonLimits limits, BufferPool pool) {
        this.body = body;
        this.length = length;
        this.limits = limits;
        this.pool = pool;
        this.bytes = bytes;
        this.budget = new Budget(limits.maxElements());
    }

    JsonParser parser() throws IOException {
        return parserFrom(0);
    }

    JsonParser parserFrom(long offset) throws IOException {
        return Body.open(body, Math.toIntExact(offset), length, limits);
    }

    /** {@return the bytes behind the JSON} */
    TensorBytes bytes() {
        return bytes.orElseThrow();
    }

    /**
     * Hands out the next bytes behind the JSON.
     *
     * @param subject which input they are for
     * @return where they begin
     */
    int next(String subject, long size) {
        if (bytes.isEmpty()) {
            throw Body.unreadable(
                    "%s has 'binary_data_size', but all of the body is JSON; send 'data', or its bytes behind the JSON to"
                                    .formatted(subject)
                            + " /v2/models/{model}/infer with the header Inference-Header-Content-Length.");
        }
        if (size > left()) {
            throw Body.unreadable("%s has binary_data_size %d, but %d bytes are left of the %d behind the JSON."
                    .formatted(subject, size, left(), bytes().length()));
        }
        int begin = handedOut;
        handedOut += (int) size;
        return begin;
    }

    /** Refuses bytes that are of no input: a sender who miscounted may mean others than those that were read. */
    void requireNoneLeft() {
        if (bytes.isPresent() && left() > 0) {
            throw Body.unreadable(
                    "%d bytes are left behind the last input: the inputs have a binary_data_size of %d together, and %d bytes follow the JSON."
                            .formatted(left(), handedOut, bytes().length()));
        }
    }

    private int left() {
        return bytes().length() - handedOut;
    }

    BufferPool pool() {
        return pool;
    }

    Budget budget() {
        return budget;
    }

    int maxElements() {
        return limits.maxElements();
    }
}
