package dev.serin.inference;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.RandomAccess;

/**
 * Texts as UTF-8, one behind the other in one array: a tensor of thousands has no object for each. What is no UTF-8 is replaced when they
 * are put in, so all that lies here is well-formed. Immutable. As a list it makes a {@code String} each time it is asked for one.
 */
public final class PackedStrings extends AbstractList<String> implements RandomAccess {
    private static final PackedStrings NONE = new PackedStrings(new byte[0], new int[0], 0, 0);

    private final byte[] utf8;
    private final int[] ends; // of each, in those
    private final int first; // of which these are a part
    private final int count;

    private PackedStrings(byte[] utf8, int[] ends, int first, int count) {
        this.utf8 = utf8;
        this.ends = ends;
        this.first = first;
        this.count = count;
    }

    /** {@return these texts} */
    public static PackedStrings of(String... texts) {
        Builder builder = new Builder();
        for (String text : texts) {
            builder.add(text);
        }
        return builder.build();
    }

    /**
     * {@return the texts that lie in an array, which is not to be changed from now on} Of what is no UTF-8 there is a copy with
     * replacements.
     *
     * @param ends where each ends, in ascending order; the first begins at 0
     */
    public static PackedStrings ofUtf8(byte[] utf8, int[] ends) {
        if (malformed(utf8, ends).isEmpty()) {
            return new PackedStrings(utf8, ends, 0, ends.length);
        }
        Builder builder = new Builder();
        for (int i = 0; i < ends.length; i++) {
            int begin = i == 0 ? 0 : ends[i - 1];
            builder.add(new String(utf8, begin, ends[i] - begin, UTF_8));
        }
        return builder.build();
    }

    /** {@return which text of that array is the first that is no UTF-8; empty when all are} */
    public static OptionalInt malformed(byte[] utf8, int[] ends) {
        CharsetDecoder decoder = UTF_8.newDecoder();
        CharBuffer ignored = CharBuffer.allocate(256);
        int begin = 0;
        for (int i = 0; i < ends.length; i++) {
            if (!isAscii(utf8, begin, ends[i]) && !isUtf8(utf8, begin, ends[i], decoder, ignored)) {
                return OptionalInt.of(i);
            }
            begin = ends[i];
        }
        return OptionalInt.empty();
    }

    private static boolean isAscii(byte[] bytes, int begin, int end) {
        int all = 0;
        for (int i = begin; i < end; i++) {
            all |= bytes[i];
        }
        return all >= 0;
    }

    private static boolean isUtf8(byte[] bytes, int begin, int end, CharsetDecoder decoder, CharBuffer ignored) {
        ByteBuffer left = ByteBuffer.wrap(bytes, begin, end - begin);
        decoder.reset();
        CoderResult result;
        do {
            result = decoder.decode(left, ignored.clear(), true);
        } while (result.isOverflow());
        return !result.isError();
    }

    @Override
    public int size() {
        return count;
    }

    @Override
    public String get(int index) {
        int begin = begin(index);
        return new String(utf8, begin, end(index) - begin, UTF_8);
    }

    /** {@return the array that these lie in, perhaps among others; not to be changed} */
    public byte[] utf8() {
        return utf8;
    }

    /** {@return where a text begins in that array} */
    public int begin(int index) {
        int at = first + Objects.checkIndex(index, count);
        return at == 0 ? 0 : ends[at - 1];
    }

    /** {@return where it ends} */
    public int end(int index) {
        return ends[first + Objects.checkIndex(index, count)];
    }

    /** {@return how many bytes all these have together} */
    public int byteCount() {
        return count == 0 ? 0 : end(count - 1) - begin(0);
    }

    /** {@return some of these, in the same array} */
    public PackedStrings slice(int from, int length) {
        return new PackedStrings(utf8, ends, first + Objects.checkFromIndexSize(from, length, count), length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PackedStrings that ? isSame(that) : super.equals(other);
    }

    private boolean isSame(PackedStrings that) {
        if (count != that.count) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (!Arrays.equals(utf8, begin(i), end(i), that.utf8, that.begin(i), that.end(i))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return super.hashCode(); // as any list of the same texts
    }

    /** Puts texts together. Not thread-safe; used once. */
    public static final class Builder {
        private static final int FIRST_BYTES = 128;
        private static final int FIRST_COUNT = 16;

        private byte[] utf8 = new byte[FIRST_BYTES];
        private int[] ends = new int[FIRST_COUNT];
        private int length;
        private int count;

        public Builder add(String text) {
            return add(text.toCharArray(), 0, text.length());
        }

        /** Adds a text of so many chars from there; half a pair becomes U+FFFD. */
        public Builder add(char[] chars, int offset, int number) {
            room(number);
            int ascii = 0;
            for (; ascii < number && chars[offset + ascii] < 0x80; ascii++) {
                utf8[length + ascii] = (byte) chars[offset + ascii];
            }
            length += ascii;
            if (ascii < number) {
                encode(chars, offset + ascii, offset + number);
            }
            end();
            return this;
        }

        private void encode(char[] chars, int from, int to) {
            room(Math.multiplyExact(to - from, Utf8.MOST_OF_A_CHAR));
            for (int i = from; i < to; i++) {
                char sign = chars[i];
                if (Character.isHighSurrogate(sign) && i + 1 < to && Character.isLowSurrogate(chars[i + 1])) {
                    i++;
                    length = Utf8.put(Character.toCodePoint(sign, chars[i]), utf8, length);
                } else {
                    length = Utf8.put(Character.isSurrogate(sign) ? Utf8.REPLACEMENT : sign, utf8, length);
                }
            }
        }

        public Builder addAll(PackedStrings texts) {
            room(texts.byteCount());
            for (int i = 0; i < texts.size(); i++) {
                int begin = texts.begin(i);
                int bytes = texts.end(i) - begin;
                System.arraycopy(texts.utf8, begin, utf8, length, bytes);
                length += bytes;
                end();
            }
            return this;
        }

        /** {@return how many there are} */
        public int count() {
            return count;
        }

        public PackedStrings build() {
            return count == 0 ? NONE : new PackedStrings(utf8, ends, 0, count);
        }

        private void end() {
            if (count == ends.length) {
                ends = Arrays.copyOf(ends, Math.multiplyExact(count, 2));
            }
            ends[count++] = length;
        }

        private void room(int bytes) {
            int needed = Math.addExact(length, bytes);
            if (needed > utf8.length) {
                utf8 = Arrays.copyOf(utf8, Math.max(needed, (int) Math.min(2L * utf8.length, Integer.MAX_VALUE - 8)));
            }
        }
    }
}
