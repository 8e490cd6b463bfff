package dev.serin.inference.json;

import static dev.serin.inference.json.Signatures.port;
import static dev.serin.inference.json.V2Divided.join;
import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class V2BinaryPropertiesTest {
    private final BufferPool pool = new BufferPool();

    /** One input of a request: what it is called, how it is sent, and its bytes. */
    @SuppressWarnings("ArrayRecordComponent") // read only
    private record Sent(String name, DataType type, long[] shape, byte[] bytes) {
        static Sent random(int index, DataType type, List<Integer> dims, long seed) {
            long[] shape = dims.stream().mapToLong(Integer::longValue).toArray();
            int count = Tensor.elementCount(shape);
            Random random = new Random(seed + index);
            if (type == DataType.BYTES) {
                return new Sent("x" + index, type, shape, strings(random, count));
            }
            byte[] bytes = new byte[count * type.byteSize()];
            random.nextBytes(bytes);
            for (int i = 0; i < bytes.length; i++) {
                boolean mayBeNan = type.isFloat() && i % type.byteSize() == type.byteSize() - 1;
                bytes[i] &= (byte) (type == DataType.BOOL ? 1 : mayBeNan ? 0x3F : 0xFF); // JSON has one NaN, bytes many
            }
            return new Sent("x" + index, type, shape, bytes);
        }

        private static byte[] strings(Random random, int count) {
            return V2Divided.strings(IntStream.range(0, count)
                    .mapToObj(_ -> random.ints(random.nextInt(6), 1, 0x2FFFF)
                            .filter(sign -> sign < 0xD800 || sign > 0xDFFF)
                            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                            .toString())
                    .toArray(String[]::new));
        }

        String asBytes() {
            return "{\"name\":\"%s\",\"shape\":%s,\"datatype\":\"%s\",\"parameters\":{\"binary_data_size\":%d}}"
                    .formatted(name, Arrays.toString(shape), type, bytes.length);
        }
    }

    private static Signature signature(List<Sent> sent) {
        List<Signature.Port> ports = sent.stream()
                .map(one -> {
                    Object[] dims = new Object[one.shape().length];
                    Arrays.fill(dims, -1);
                    return port(one.name(), one.type(), dims);
                })
                .toList();
        return new Signature(ports, ports);
    }

    private static byte[] body(List<Sent> sent) {
        return sent.stream()
                .map(Sent::asBytes)
                .collect(Collectors.joining(",", "{\"parameters\":{\"binary_data_output\":true},\"inputs\":[", "]}"))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] behind(List<Sent> sent) {
        return join(sent.stream().map(Sent::bytes).toArray(byte[][]::new));
    }

    @Property(tries = 500)
    void tensorsOfEveryTypeComeBackByteByByteAndAreThoseThatJsonBrings(
            @ForAll @Size(min = 1, max = 4) List<DataType> types,
            @ForAll @Size(max = 3) List<@IntRange(max = 4) Integer> dims,
            @ForAll long seed) {
        List<Sent> sent = IntStream.range(0, types.size())
                .mapToObj(i -> Sent.random(i, types.get(i), dims, seed))
                .toList();
        Signature signature = signature(sent);

        V2Json.Request request = V2Divided.read(signature, pool, body(sent), behind(sent));
        V2Divided.Reply reply = answer(request, signature);
        String json = inJson(request, signature);
        V2Json.Request again = V2Divided.read(
                signature,
                pool,
                json.replace("\"outputs\"", "\"inputs\"").getBytes(StandardCharsets.UTF_8),
                new byte[0]);

        assertThat(reply.bytes()).isEqualTo(behind(sent));
        assertThat(inJson(again, signature)).isEqualTo(json);
        for (int i = 0; i < sent.size(); i++) {
            Tensor read = again.inputs().get(i);
            assertThat(read.shape()).containsExactly(sent.get(i).shape());
            assertThat(
                            read.dataType() == DataType.BYTES
                                    ? V2Divided.strings(read.strings().toArray(String[]::new))
                                    : V2Divided.bytes(read))
                    .isEqualTo(sent.get(i).bytes());
        }
        request.inputs().forEach(Tensor::close);
        again.inputs().forEach(Tensor::close);
        assertThat(pool.lent()).isZero();
    }

    private static V2Divided.Reply answer(V2Json.Request request, Signature signature) {
        return V2Divided.write(request, signature, request.inputs().toArray(Value[]::new));
    }

    private static String inJson(V2Json.Request request, Signature signature) {
        V2Json.Request plain = new V2Json.Request(request.id(), List.of(), List.of(), false, request.timeout());
        return V2Divided.write(plain, signature, request.inputs().toArray(Value[]::new))
                .json();
    }

    @Property(tries = 3000)
    void whateverBecomesOfABodyItIsReadOrRefusedAndNoBufferIsLost(
            @ForAll @Size(min = 1, max = 3) List<DataType> types,
            @ForAll @Size(max = 2) List<@IntRange(max = 3) Integer> dims,
            @ForAll @Size(max = 4) List<@IntRange(max = 400) Integer> places,
            @ForAll @IntRange(max = 400) int length,
            @ForAll @IntRange(min = -3, max = 3) int headerIsOff,
            @ForAll long seed) {
        List<Sent> sent = IntStream.range(0, types.size())
                .mapToObj(i -> Sent.random(i, types.get(i), dims, seed))
                .toList();
        Signature signature = signature(sent);
        byte[] json = body(sent);
        byte[] all = join(json, behind(sent));
        Random random = new Random(seed);
        places.forEach(place -> all[place % all.length] = (byte) random.nextInt());
        byte[] cut = length < all.length && random.nextBoolean() ? Arrays.copyOf(all, all.length - length) : all;
        int jsonLength = Math.clamp(json.length + (random.nextBoolean() ? headerIsOff : 0), 0, cut.length);

        try {
            V2Json.Request request = V2Divided.read(
                    signature, pool, Arrays.copyOf(cut, jsonLength), Arrays.copyOfRange(cut, jsonLength, cut.length));
            answer(request, signature);
            assertThat(pool.lentBytes()).isLessThanOrEqualTo(64 << 10);
            request.inputs().forEach(Tensor::close);
        } catch (InvalidInputException e) {
            assertThat(e.getMessage()).isNotBlank().doesNotContain("jackson").hasSizeLessThan(400);
        }
        assertThat(pool.lent()).isZero();
    }
}
