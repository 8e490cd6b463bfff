package dev.serin.inference;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
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
        int firstMalformed = IntStream.range(0, ends.length)
                .filter(i -> !isUtf8(texts.get(i)))
                .findFirst()
                .orElse(-1);

        assertThat(PackedStrings.ofUtf8(all, ends)).isEqualTo(expected);
        assertThat(firstMalformed(all, ends)).isEqualTo(firstMalformed);
    }

    @Example
    void aSignThatIsCutIntoTwoTextsIsWellFormedInNeither() {
        byte[] sign = "é".getBytes(UTF_8);

        assertThat(firstMalformed(sign, 1, 2)).isZero();
        assertThat(firstMalformed(sign, 0, 2)).isEqualTo(-1);
        assertThat(PackedStrings.ofUtf8(sign, new int[] {1, 2})).containsExactly("\ufffd", "\ufffd");
    }

    @Example
    void aMalformedTextIsFoundBehindALongOne() {
        byte[] bytes = ("漢".repeat(5_000) + "x").getBytes(UTF_8);
        bytes[bytes.length - 1] = (byte) 0xff;

        assertThat(firstMalformed(bytes, bytes.length - 1, bytes.length)).isEqualTo(1);
    }

    @Property(tries = 200)
    void aCopyIsOfThoseTextsAndCanBePutBehindOthers(
            @ForAll @Size(min = 1, max = 20) List<String> texts, @ForAll int seed) {
        PackedStrings packed = PackedStrings.of(texts.toArray(String[]::new));
        int from = Math.floorMod(seed, texts.size());
        int count = Math.floorMod(seed / 31, texts.size() - from + 1);
        List<String> expected = new ArrayList<>(packed).subList(from, from + count);

        PackedStrings copy = packed.copyOf(from, count);

        assertThat(copy).isEqualTo(expected).isEqualTo(PackedStrings.of(expected.toArray(String[]::new)));
        assertThat(copy.utf8()).hasSize(copy.byteCount());
        assertThat(PackedStrings.concat(List.of(PackedStrings.of("before"), copy, PackedStrings.of(), copy))
                        .copyOf(1 + count, count))
                .isEqualTo(copy);
    }

    @Example
    void theSameBytesDividedOtherwiseAreOtherTexts() {
        assertThat(PackedStrings.of("ab", "c")).isNotEqualTo(PackedStrings.of("a", "bc"));
        assertThat(PackedStrings.of("a")).isNotEqualTo(PackedStrings.of("a", ""));
    }

    @Example
    void endsThatAreNotInOrderOrBeyondTheBytesAreRefused() {
        byte[] bytes = "abc".getBytes(UTF_8);

        assertThatThrownBy(() -> PackedStrings.ofUtf8(bytes, new int[] {2, 1}))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> PackedStrings.ofUtf8(bytes, new int[] {2, 4}))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> PackedStrings.of("a", "b").copyOf(1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Example
    void aLongTextTakesHardlyMoreThanItsBytes() {
        PackedStrings packed = PackedStrings.of("ü" + "x".repeat(1_000_000));

        assertThat(packed.utf8()).hasSizeLessThan(1_400_000);
    }

    private static int firstMalformed(byte[] utf8, int... ends) {
        AtomicInteger first = new AtomicInteger(-1);
        PackedStrings.ofUtf8(utf8, ends, index -> {
            first.set(index);
            return PackedStrings.of();
        });
        return first.get();
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
