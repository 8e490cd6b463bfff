package dev.serin.inference.json;

import dev.serin.inference.BufferPool;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.TensorBytes;
import dev.serin.inference.Value;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** V2 bodies for tests that are JSON and bytes behind it. */
final class V2Divided {
    private V2Divided() {}

    static V2Json.Request read(Signature signature, BufferPool pool, String json, byte[]... blobs) {
        return read(signature, pool, json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), join(blobs));
    }

    static V2Json.Request read(Signature signature, BufferPool pool, byte[] json, byte[] behind) {
        try (TensorBytes bytes = TensorBytes.read(new ByteArrayInputStream(behind), behind.length, pool)) {
            return V2Json.read(json, bytes, signature, JsonLimits.DEFAULT, pool);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An answer, divided as its header says. */
    @SuppressWarnings("ArrayRecordComponent") // read once
    record Reply(String json, byte[] bytes) {}

    static Reply write(V2Json.Request request, Signature signature, Value... outputs) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Optional<V2Blobs> blobs = V2Json.blobs(request, signature, List.of(outputs));
        if (blobs.isEmpty()) {
            V2Json.write(request, "m", "1", signature, List.of(outputs), out);
            return new Reply(out.toString(StandardCharsets.UTF_8), new byte[0]);
        }
        V2Json.write(request, "m", "1", signature, List.of(outputs), blobs, out);
        int length = out.size();
        blobs.get().writeTo(out);
        byte[] all = out.toByteArray();
        return new Reply(
                new String(all, 0, length, StandardCharsets.UTF_8), Arrays.copyOfRange(all, length, all.length));
    }

    static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    static byte[] longs(long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            bytes.putLong(value);
        }
        return bytes.array();
    }

    static byte[] strings(String... values) {
        return join(Arrays.stream(values)
                .map(value -> value.getBytes(StandardCharsets.UTF_8))
                .map(text -> join(length(text.length), text))
                .toArray(byte[][]::new));
    }

    static byte[] length(int value) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** {@return the elements of a tensor of numbers, as they go over the wire} */
    static byte[] bytes(Tensor tensor) {
        byte[] bytes = new byte[tensor.elementCount() * tensor.dataType().byteSize()];
        tensor.data().get(0, bytes);
        return bytes;
    }
}
