package dev.serin.inference.json;

import dev.serin.inference.DataType;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The outputs of one answer that follow its JSON as bytes, in the order in which the JSON has them. Immutable. */
public final class V2Blobs {
    private static final int CHUNK = 64 << 10;

    private final List<Blob> blobs;
    private final long size;

    private V2Blobs(List<Blob> blobs, long size) {
        this.blobs = blobs;
        this.size = size;
    }

    /**
     * One output.
     *
     * @param bytes from 0, of which {@code size} count
     */
    @SuppressWarnings("ArrayRecordComponent") // made here, never compared
    record Blob(String name, DataType type, long[] shape, ByteBuffer bytes, int size) {}

    /** {@return the outputs that the request wants as bytes; empty when they have none, since then all is JSON} */
    static Optional<V2Blobs> of(V2Json.Request request, Signature signature, List<Value> outputs) {
        List<Blob> blobs = new ArrayList<>(outputs.size());
        if (request.outputs().isEmpty()) {
            for (int i = 0; i < outputs.size(); i++) {
                blobs.add(blob(signature.outputs().get(i), outputs.get(i)));
            }
        } else {
            for (V2Json.Output output : request.outputs()) {
                if (output.binary()) {
                    Port port = signature.output(output.name()).orElseThrow();
                    blobs.add(blob(port, outputs.get(signature.outputs().indexOf(port))));
                }
            }
        }
        long size = blobs.stream().mapToLong(Blob::size).sum();
        return size == 0 ? Optional.empty() : Optional.of(new V2Blobs(blobs, size));
    }

    private static Blob blob(Port port, Value value) {
        return switch (value) {
            case Tensor tensor
            when tensor.dataType() == DataType.BYTES -> strings(port.name(), tensor.shape(), tensor.strings());
            case Tensor tensor ->
                new Blob(
                        port.name(),
                        tensor.dataType(),
                        tensor.shape(),
                        tensor.data(),
                        tensor.elementCount() * tensor.dataType().byteSize());
            case Value.Mapping map -> maps(port, List.of(map), false);
            case Value.Sequence sequence -> maps(port, V2Writer.mappings(port, sequence), true);
        };
    }

    private static Blob maps(Port port, List<Value.Mapping> rows, boolean isSequence) {
        V2Writer.requireSameKeys(port, rows);
        DataType type = V2Writer.type(port, rows);
        long[] shape = V2Writer.shape(rows, isSequence);
        List<Object> values = new ArrayList<>();
        rows.forEach(row -> values.addAll(row.entries().values()));
        if (type == DataType.BYTES) {
            return strings(
                    port.name(),
                    shape,
                    PackedStrings.of(values.stream().map(Object::toString).toArray(String[]::new)));
        }
        ByteBuffer bytes = ByteBuffer.allocate(values.size() * type.byteSize()).order(ByteOrder.nativeOrder());
        for (Object value : values) {
            switch (value) {
                case Float number -> bytes.putFloat(number);
                case Double number -> bytes.putDouble(number);
                case Object number -> bytes.putLong((Long) number);
            }
        }
        return new Blob(port.name(), type, shape, bytes, bytes.capacity());
    }

    private static Blob strings(String name, long[] shape, PackedStrings strings) {
        int size = Math.addExact(Math.multiplyExact(strings.size(), Integer.BYTES), strings.byteCount());
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < strings.size(); i++) {
            int length = strings.end(i) - strings.begin(i);
            bytes.putInt(length).put(strings.utf8(), strings.begin(i), length);
        }
        return new Blob(name, DataType.BYTES, shape, bytes, size);
    }

    Optional<Blob> of(String output) {
        for (Blob blob : blobs) { // a handful: no map
            if (blob.name().equals(output)) {
                return Optional.of(blob);
            }
        }
        return Optional.empty();
    }

    /** {@return how many bytes all have together} */
    public long size() {
        return size;
    }

    /**
     * Writes the bytes, to follow the JSON at once.
     *
     * @throws UncheckedIOException when {@code out} fails
     */
    public void writeTo(OutputStream out) {
        try {
            for (Blob blob : blobs) {
                write(blob, out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write the response", e);
        }
    }

    private static void write(Blob blob, OutputStream out) throws IOException {
        ByteBuffer bytes = blob.bytes();
        if (bytes.hasArray()) {
            out.write(bytes.array(), bytes.arrayOffset(), blob.size());
            return;
        }
        byte[] chunk = new byte[Math.min(CHUNK, blob.size())];
        for (int at = 0; at < blob.size(); at += chunk.length) {
            int count = Math.min(chunk.length, blob.size() - at);
            bytes.get(at, chunk, 0, count);
            out.write(chunk, 0, count);
        }
    }
}
