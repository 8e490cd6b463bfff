package dev.serin.inference.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainBodyTest {
    private static final String SIGNS = "0123456789.-+eE[]{},:\" \n\tNainf\u0000";

    private final BufferPool pool = new BufferPool();

    private static Signature signature(DataType type, Dimension... dimensions) {
        return new Signature(List.of(new Port("x", new TensorType(type, List.of(dimensions)))), List.of());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"instances\": [[1, 2.5, -3e-2, 4]]}",
                "{\"instances\":[[1,2,3,4],[5,6,7,8]]}",
                " {\n\t\"inputs\" : { \"x\" : [ [ 1 , 2 , 3 , 4 ] ] } }\r\n",
                "{\"inputs\": [[0.60438526, 1e38, -0.0, 1.17549435e-38]]}"
            })
    void whatMostCallersSendIsReadThisWay(String body) {
        Optional<NativeJson.Request> read =
                PlainBody.read(bytes(body), bytes(body).length, Signatures.IRIS, JsonLimits.DEFAULT, pool);

        assertThat(read).isPresent();
        read.get().inputs().forEach(Tensor::close);
        assertThat(pool.lent()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"instances\": [[1, 2, 3]]}", // does not fit
                "{\"instances\": [[1, 2, 3, 4], [5]]}",
                "{\"instances\": []}",
                "{\"instances\": [[1, 2, 3, null]]}",
                "{\"instances\": [[1, 2, 3, 1e39]]}",
                "{\"instances\": [[1, 2, 3, 04]]}",
                "{\"instances\": [[1, 2, 3, 4.]]}",
                "{\"instances\": [[1, 2, 3, -0]]}", // to Jackson it has no sign
                "{\"instances\": [[1, 2, 3, 4]]} {}",
                "{\"instances\": [[1, 2, 3, 4]], \"id\": 7}",
                "{\"inputs\": {\"y\": [[1, 2, 3, 4]]}}",
                "{\"instances\": [[1, 2, 3, 4",
                ""
            })
    void ofAnyOtherBodyNothingIsSaid(String body) {
        assertThat(PlainBody.read(bytes(body), bytes(body).length, Signatures.IRIS, JsonLimits.DEFAULT, pool))
                .isEmpty();
        assertThat(pool.lent()).isZero();
    }

    @Test
    void bodiesOfModelsWithMoreThanOneInputOrOtherTypesAreNone() {
        byte[] body = bytes("{\"instances\": [[1]]}");
        Signature whole = signature(DataType.INT64, new Dimension.Unknown(), new Dimension.Fixed(1));
        Signature single = signature(DataType.FP32);
        Signature none = new Signature(List.of(), List.of());

        assertThat(PlainBody.read(body, body.length, whole, JsonLimits.DEFAULT, pool))
                .isEmpty();
        assertThat(PlainBody.read(body, body.length, single, JsonLimits.DEFAULT, pool))
                .isEmpty();
        assertThat(PlainBody.read(body, body.length, none, JsonLimits.DEFAULT, pool))
                .isEmpty();
    }

    @Property(tries = 20_000)
    void whatIsReadThisWayIsWhatJacksonReads(@ForAll long seed) {
        Random random = new Random(seed);
        DataType type = random.nextInt(4) == 0 ? DataType.FP64 : DataType.FP32;
        int rank = 1 + random.nextInt(3);
        Dimension[] dimensions = new Dimension[rank];
        int[] lengths = new int[rank];
        for (int i = 0; i < rank; i++) {
            lengths[i] = 1 + random.nextInt(3);
            dimensions[i] = switch (random.nextInt(4)) {
                case 0 -> new Dimension.Symbol("n");
                case 1 -> new Dimension.Unknown();
                default -> new Dimension.Fixed(lengths[i]);
            };
        }
        Signature signature = signature(type, dimensions);
        StringBuilder text = new StringBuilder(
                random.nextBoolean()
                        ? "{\"instances\": "
                        : random.nextBoolean() ? "{\"inputs\": {\"x\":" : "{\"inputs\":");
        boolean named = text.indexOf("x") > 0;
        list(text, lengths, 0, random);
        text.append(named ? "}}" : "}");
        if (random.nextInt(4) == 0) { // one that no long holds
            text.insert(text.lastIndexOf("]"), "," + new BigInteger(62 + random.nextInt(8), random).setBit(61));
        }
        for (int i = random.nextInt(3); i > 0; i--) { // a third stays whole
            text.setCharAt(random.nextInt(text.length()), SIGNS.charAt(random.nextInt(SIGNS.length())));
        }
        byte[] body = bytes(text.toString());
        JsonLimits limits = new JsonLimits(1 + random.nextInt(6), random.nextInt(40));

        Optional<NativeJson.Request> read = PlainBody.read(body, body.length, signature, limits, pool);

        if (read.isPresent()) {
            NativeJson.Request byJackson = NativeJson.readNative(body, body.length, signature, limits, pool)
                    .orElseThrow();
            assertThat(read.get().form()).as(text.toString()).isEqualTo(byJackson.form());
            Tensor ours = read.get().inputs().getFirst();
            Tensor theirs = byJackson.inputs().getFirst();
            assertThat(ours.shape()).isEqualTo(theirs.shape());
            assertThat(ours.data()).as(text.toString()).isEqualTo(theirs.data());
            ours.close();
            theirs.close();
        }
        assertThat(pool.lent()).isZero();
    }

    @Property(tries = 5_000)
    void wellFormedNumbersThatFitAreAllReadThisWay(@ForAll long seed) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder("{\"instances\": ");
        list(text, new int[] {3, 4}, 0, random);
        byte[] body = bytes(text.append('}').toString());

        Optional<NativeJson.Request> read =
                PlainBody.read(body, body.length, Signatures.IRIS, JsonLimits.DEFAULT, pool);

        assertThat(read).as(text.toString()).isPresent();
        read.get().inputs().forEach(Tensor::close);
    }

    @Property(tries = 50_000)
    void eachNumberIsTheNearestFloatAndDouble(@ForAll long seed) {
        String text = number(new Random(seed));
        byte[] bytes = bytes(text);
        NumberScanner floats = new NumberScanner(bytes, bytes.length, true);
        NumberScanner doubles = new NumberScanner(bytes, bytes.length, false);

        assertThat(floats.scan(0)).as(text).isEqualTo(bytes.length);
        assertThat(doubles.scan(0)).as(text).isEqualTo(bytes.length);

        assertThat(Float.floatToRawIntBits((float) floats.value()))
                .as(text)
                .isEqualTo(Float.floatToRawIntBits(Float.parseFloat(text)));
        assertThat(Double.doubleToRawLongBits(doubles.value()))
                .as(text)
                .isEqualTo(Double.doubleToRawLongBits(Double.parseDouble(text)));
    }

    private static void list(StringBuilder text, int[] lengths, int depth, Random random) {
        text.append('[');
        for (int i = 0; i < lengths[depth]; i++) {
            text.append(i == 0 ? "" : random.nextBoolean() ? ", " : ",");
            if (depth + 1 < lengths.length) {
                list(text, lengths, depth + 1, random);
            } else {
                text.append(number(random));
            }
        }
        text.append(']');
    }

    /** Numbers of all kinds that are finite as floats and less than 64 signs long, those among them that are hard to round. */
    private static String number(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> String.valueOf(random.nextInt(1_000) + 1);
            case 1 -> String.format(Locale.ROOT, "%.1f", random.nextDouble() * 8);
            case 2 -> String.valueOf(random.nextLong(-999_999_999_999_999_999L, 0));
            case 3 -> String.valueOf(random.nextFloat());
            case 4 -> String.valueOf(random.nextGaussian());
            case 5 -> (random.nextBoolean() ? "-" : "") + random.nextInt(100_000_000) + "e" + (random.nextInt(80) - 52);
            case 6 -> { // so near to halfway between two floats that as a double it lies there
                float low = Float.intBitsToFloat(random.nextInt(0x3000_0000, 0x5000_0000));
                yield new BigDecimal(low)
                        .add(new BigDecimal(Math.nextUp(low)))
                        .divide(BigDecimal.TWO)
                        .round(new MathContext(14 + random.nextInt(4)))
                        .toString();
            }
            default -> { // any finite float at all
                float any = Float.intBitsToFloat(random.nextInt());
                yield Float.isFinite(any) ? String.valueOf(any) : "0.5";
            }
        };
    }

    @Test
    void longNumbersAndThoseBeyondFloatsAreLeftToOthers() {
        assertThat(scan("1" + "0".repeat(70))).isNegative();
        assertThat(scan("9223372586610589697")).isNegative();
        assertThat(scan("3.5e38")).isNegative();
        assertThat(scan("1e99999999999999999999")).isNegative();
        assertThat(scan("1e-99999999999999999999")).isPositive(); // zero, as elsewhere
    }

    private static int scan(String text) {
        return new NumberScanner(bytes(text), text.length(), true).scan(0);
    }

    @Test
    void aBodyThatIsRefusedIsRefusedInTheUsualWords() {
        byte[] body = bytes("{\"instances\": [[1, 2, 3]]}");

        assertThat(catchThrowableOfType(
                        InvalidInputException.class,
                        () -> NativeJson.read(body, body.length, Signatures.IRIS, JsonLimits.DEFAULT)))
                .hasMessageContaining("has shape [1, 3]; it takes");
    }
}
