package dev.serin.benchmarks;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One HTTP request with a body.
 *
 * @param headers beside {@code Host} and {@code Content-Length}
 */
record Request(String path, Map<String, String> headers, byte[] body) {
    static Request json(String path, String body) {
        return new Request(path, Map.of("Content-Type", "application/json"), body.getBytes(StandardCharsets.UTF_8));
    }

    /** A request of V2 whose one input {@code x} comes as bytes and whose outputs are to come so too. */
    static Request tensor(String model, String shape, byte[] floats) {
        byte[] head = """
            {"inputs":[{"name":"x","shape":%s,"datatype":"FP32","parameters":{"binary_data_size":%d}}],\
            "parameters":{"binary_data_output":true}}\
            """.formatted(shape, floats.length).getBytes(StandardCharsets.UTF_8);
        byte[] body = new byte[head.length + floats.length];
        System.arraycopy(head, 0, body, 0, head.length);
        System.arraycopy(floats, 0, body, head.length, floats.length);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/octet-stream");
        headers.put("Inference-Header-Content-Length", Integer.toString(head.length));
        return new Request("/v2/models/" + model + "/infer", headers, body);
    }

    /** The same body and headers to another place. */
    Request to(String elsewhere) {
        return new Request(elsewhere, headers, body);
    }

    /** {@return the whole request as it goes over the wire, in a direct buffer of its own} */
    ByteBuffer wire() {
        StringBuilder head = new StringBuilder("POST ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(head.toString().getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(body);
        return ByteBuffer.allocateDirect(all.size()).put(all.toByteArray()).flip();
    }
}
