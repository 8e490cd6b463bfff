package dev.serin.gateway.http;

import dev.serin.inference.json.V2Blobs;
import java.util.Optional;

/**
 * An answer as it goes over the wire.
 *
 * @param json what it begins with, and all of it unless there are
 * @param bytes that follow
 */
record Encoded(GrowingBytes json, Optional<V2Blobs> bytes) {
    static Encoded ofJson(GrowingBytes json) {
        return new Encoded(json, Optional.empty());
    }

    long length() {
        return json.size() + bytes.map(V2Blobs::size).orElse(0L);
    }
}
