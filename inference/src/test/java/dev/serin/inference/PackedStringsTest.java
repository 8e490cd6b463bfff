package dev.serin.inference;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

class PackedStringsTest {
    @Property(tries = 500)
    void theTextsThatWereAddedComeOutAndHalfAPairIsReplaced(@ForAll @Size(max = 40) List<String> texts) {
        List<String> expected =
                texts.stream().map(PackedStringsTest::withoutHalves).toList();

        PackedStrings packed = PackedStrings.of(texts.toArray(String[]::new));

        assertThat(packed).isEqualTo(expected).hasSameHashCodeAs(expected);
        assertThat(packed.byteCount())
                .isEqualTo(expected.stream()
                        .mapToInt(text -> text.getBytes(UTF_8).length)
                        .sum());
    }

    @Property(tries = 500)
    void whateverBytesTheyArePutTogetherOfEachIsReadAsIfAlone(@ForAll @Size(max = 10) List<byte[]> texts) {
        List<String> expected =
                texts.stream().map(text -> new String(text, UTF_8)).toList();
        int[] ends = new int[texts.size()];
        byte[] all = joined(texts, ends);

        assertThat(PackedStrings.ofUtf8(all, ends)).isEqualTo(expected);
        assertThat(PackedStrings.malformed(all, ends).isPresent())
                .isEqualTo(texts.stream().anyMatch(text -> !isUtf8(text)));
    }

    @Example
    void aSignThatIsCutIntoTwoTextsIsWellFormedInNeither() {
        byte[] sign = "é".getBytes(UTF_8);

        assertThat(PackedStrings.malformed(sign, new int[] {1, 2})).hasValue(0);
        assertThat(PackedStrings.malformed(sign, new int[] {0, 2})).isEmpty();
        assertThat(PackedStrings.ofUtf8(sign, new int[] {1, 2})).containsExactly("\ufffd", "\ufffd");
    }

    @Example
    void aMalformedTextIsFoundBehindALongOne() {
        byte[] bytes = ("漢".repeat(1_000) + "x").getBytes(UTF_8);
        bytes[bytes.length - 1] = (byte) 0xff;

        assertThat(PackedStrings.malformed(bytes, new int[] {bytes.length - 1, bytes.length}))
                .hasValue(1);
    }

    @Property(tries = 200)
    void aSliceIsThoseTextsAndCanBeAddedToOthers(
            @ForAll @Size(min = 1, max = 20) List<String> texts, @ForAll int seed) {
        PackedStrings packed = PackedStrings.of(texts.toArray(String[]::new));
        int from = Math.floorMod(seed, texts.size());
        int length = Math.floorMod(seed / 31, texts.size() - from + 1);
        List<String> expected = new ArrayList<>(packed).subList(from, from + length);

        PackedStrings slice = packed.slice(from, length);

        assertThat(packed.slice(0, from + length).slice(from, length)).isEqualTo(expected);
        assertThat(packed.slice(from, texts.size() - from).slice(0, length)).isEqualTo(expected);
        assertThat(slice).isEqualTo(expected).isEqualTo(PackedStrings.of(expected.toArray(String[]::new)));
        assertThat(new PackedStrings.Builder()
                        .add("before")
                        .addAll(slice)
                        .build()
                        .slice(1, length))
                .isEqualTo(slice);
    }

    @Example
    void theSameBytesDividedOtherwiseAreOtherTexts() {
        assertThat(PackedStrings.of("ab", "c")).isNotEqualTo(PackedStrings.of("a", "bc"));
        assertThat(PackedStrings.of("a")).isNotEqualTo(PackedStrings.of("a", ""));
    }

    @Example
    void nobodyReadsBeyondASlice() {
        PackedStrings slice = PackedStrings.of("a", "b", "c").slice(1, 1);

        assertThatThrownBy(() -> slice.get(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> slice.slice(0, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static String withoutHalves(String text) {
        StringBuilder whole = new StringBuilder();
        text.codePoints()
                .map(sign -> sign >= Character.MIN_SURROGATE && sign <= Character.MAX_SURROGATE ? 0xfffd : sign)
                .forEach(whole::appendCodePoint);
        return whole.toString();
    }

    private static boolean isUtf8(byte[] text) {
        return Arrays.equals(new String(text, UTF_8).getBytes(UTF_8), text);
    }

    private static byte[] joined(List<byte[]> texts, int[] ends) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < ends.length; i++) {
            all.writeBytes(texts.get(i));
            ends[i] = all.size();
        }
        return all.toByteArray();
    }
}
