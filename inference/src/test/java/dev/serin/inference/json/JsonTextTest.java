package dev.serin.inference.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.serin.inference.PackedStrings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Against Jackson's writer, which it stands in for. */
class JsonTextTest {
    private static final JsonFactory JACKSON = new JsonFactoryBuilder()
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();

    @Property
    void numbersAreThoseOfJackson(@ForAll List<Long> longs, @ForAll List<Double> doubles, @ForAll List<Float> floats) {
        assertThat(ours(json -> {
                    json.startArray();
                    for (long value : longs) {
                        json.number(value);
                        json.unsigned(value);
                    }
                    for (double value : doubles) {
                        json.number(value);
                    }
                    for (float value : floats) {
                        json.number(value);
                    }
                    json.endArray();
                }))
                .isEqualTo(jacksons(json -> {
                    json.writeStartArray();
                    for (long value : longs) {
                        json.writeNumber(value);
                        json.writeNumber(Long.toUnsignedString(value));
                    }
                    for (double value : doubles) {
                        json.writeNumber(value);
                    }
                    for (float value : floats) {
                        json.writeNumber(value);
                    }
                    json.writeEndArray();
                }));
    }

    @Property
    void floatsReadBackAsTheSame(@ForAll int bits) {
        float value = Float.intBitsToFloat(bits);
        if (Float.isFinite(value)) {
            assertThat(Float.parseFloat(ours(json -> json.number(value)))).isEqualTo(value);
        }
    }

    @Property
    void textsAreThoseOfJackson(@ForAll("texts") String text) {
        assertThat(ours(json -> {
                    json.startObject();
                    json.name(text);
                    json.text(text);
                    json.endObject();
                }))
                .isEqualTo(jacksons(json -> {
                    json.writeStartObject();
                    json.writeStringField(text, text);
                    json.writeEndObject();
                }));
    }

    @Property
    void packedTextsAreWrittenAsOthers(@ForAll("texts") String text, @ForAll("texts") String other) {
        PackedStrings packed = PackedStrings.of(other, text, other);

        assertThat(ours(json -> {
                    json.startArray();
                    json.text(packed, 1);
                    json.text(packed, 2);
                    json.endArray();
                }))
                .isEqualTo(ours(json -> {
                    json.startArray();
                    json.text(text);
                    json.text(other);
                    json.endArray();
                }));
    }

    @Example
    void aPackedTextThatIsLongerThanTheBufferIsWrittenWhole() {
        String text = "漢".repeat(5_000) + "\n" + "x".repeat(20_000);

        assertThat(ours(json -> json.text(PackedStrings.of(text), 0))).isEqualTo(ours(json -> json.text(text)));
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> points = Arbitraries.integers()
                .between(0, Character.MAX_CODE_POINT)
                .filter(point -> point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE)
                .map(Character::toString);
        Arbitrary<String> plain = Arbitraries.strings().ascii().ofMaxLength(5_000);
        return Arbitraries.oneOf(points.list().ofMaxSize(200).map(list -> String.join("", list)), plain);
    }

    @Example
    void halfAPairIsReplaced() {
        assertThat(ours(json -> json.text("a\ud83d b\ude00"))).isEqualTo("\"a\ufffd b\ufffd\"");
    }

    @Example
    void theLeastAndGreatestNumbersFit() {
        assertThat(ours(json -> {
                    json.startArray();
                    json.number(Long.MIN_VALUE);
                    json.number(-Double.MIN_VALUE);
                    json.number(-Double.MAX_VALUE);
                    json.bool(true);
                    json.none();
                    json.startArray();
                    json.endArray();
                    json.startObject();
                    json.endObject();
                    json.endArray();
                }))
                .isEqualTo("[-9223372036854775808,-4.9E-324,-1.7976931348623157E308,true,null,[],{}]");
    }

    @FunctionalInterface
    private interface Writing<T> {
        void to(T json) throws IOException;
    }

    private static String ours(Writing<JsonText> writing) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonText json = new JsonText(out)) {
            writing.to(json);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String jacksons(Writing<JsonGenerator> writing) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JACKSON.createGenerator(out)) {
            writing.to(json);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
