package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonParser;
import dev.serin.inference.BufferPool;
import java.io.IOException;

/** The body of a V2 request, which can be read a second time from any place, and what its tensors are made with. */
final class V2Source {
    private final byte[] body;
    private final int length;
    private final JsonLimits limits;
    private final BufferPool pool;
    private final Budget budget;

    V2Source(byte[] body, int length, JsonLimits limits, BufferPool pool) {
        this.body = body;
        this.length = length;
        this.limits = limits;
        this.pool = pool;
        this.budget = new Budget(limits.maxElements());
    }

    JsonParser parser() throws IOException {
        return parserFrom(0);
    }

    JsonParser parserFrom(long offset) throws IOException {
        return Body.open(body, Math.toIntExact(offset), length, limits);
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
