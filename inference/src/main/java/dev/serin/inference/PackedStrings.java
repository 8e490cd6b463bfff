package dev.serin.inference;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.function.IntFunction;

/**
 * Texts as UTF-8, one behind the other in one array: a tensor of thousands has no object for each. All that lies here is well-formed.
 * Immutable. As a list it makes a {@code String} each time it is asked for one.
 */
public final class PackedStrings extends AbstractList<String> implements RandomAccess {
    private static final PackedStrings NONE = new PackedStrings(new byte[0], new int[0]);

    private final byte[] utf8;
    private final int[] ends; // of each, in those

    private PackedStrings(byte[] utf8, int[] ends) {
        this.utf8 = utf8;
        this.ends = ends;
    }

    /** {@return these texts, with U+FFFD for half a pair} */
    public static PackedStrings of(String... texts) {
        if (texts.length == 0) {
            return NONE;
        }
        Builder builder = new Builder();
        for (String text : texts) {
            builder.add(text.toCharArray(), 0, text.length());
        }
        return builder.build();
    }

    /**
     * {@return the texts that lie in an array, which is not to be changed from now on} If there is what is no UTF-8, they are a copy in
     * which U+FFFD stands for that.
     *
     * @param ends where each ends, in ascending order; the first begins at 0
     */
    public static PackedStrings ofUtf8(byte[] utf8, int[] ends) {
        return ofUtf8(utf8, ends, _ -> replaced(utf8, ends));
    }

    /**
     * The same of texts that have to be well-formed.
     *
     * @param otherwise what to give instead, from the index of the first text that is not
     */
    public static PackedStrings ofUtf8(byte[] utf8, int[] ends, IntFunction<PackedStrings> otherwise) {
        int malformed = malformed(utf8, ends);
        return malformed < ends.length ? otherwise.apply(malformed) : new PackedStrings(utf8, ends);
    }

    private static PackedStrings replaced(byte[] utf8, int[] ends) {
        String[] texts = new String[ends.length];
        int begin = 0;
        for (int i = 0; i < ends.length; i++) {
            texts[i] = new String(utf8, begin, ends[i] - begin, UTF_8);
            begin = ends[i];
        }
        return of(texts);
    }

    /** {@return the index of the first text that is no UTF-8, or how many there are} */
    private static int malformed(byte[] utf8, int[] ends) {
        CharsetDecoder decoder = null;
        int begin = 0;
        for (int i = 0; i < ends.length; i++) {
            Objects.checkFromToIndex(begin, ends[i], utf8.length);
            if (!isAscii(utf8, begin, ends[i])) {
                decoder = decoder == null ? UTF_8.newDecoder() : decoder.reset();
                if (!isUtf8(ByteBuffer.wrap(utf8, begin, ends[i] - begin), decoder)) {
                    return i;
                }
            }
            begin = ends[i];
        }
        return ends.length;
    }

    private static boolean isAscii(byte[] bytes, int begin, int end) {
        int all = 0;
        for (int i = begin; i < end; i++) {
            all |= bytes[i];
        }
        return all >= 0;
    }

    private static boolean isUtf8(ByteBuffer bytes, CharsetDecoder decoder) {
        CharBuffer ignored = CharBuffer.allocate(Math.min(bytes.remaining(), 1024));
        CoderResult result;
        do {
            result = decoder.decode(bytes, ignored.clear(), true);
        } while (result.isOverflow());
        return !result.isError();
    }

    /** {@return the texts of all of them, one after the other} */
    public static PackedStrings concat(List<PackedStrings> parts) {
        int bytes = 0;
        int count = 0;
        for (PackedStrings part : parts) {
            bytes = Math.addExact(bytes, part.byteCount());
            count = Math.addExact(count, part.size());
        }
        byte[] utf8 = new byte[bytes];
        int[] ends = new int[count];
        int length = 0;
        int next = 0;
        for (PackedStrings part : parts) {
            System.arraycopy(part.utf8, 0, utf8, length, part.byteCount());
            for (int end : part.ends) {
                ends[next++] = length + end;
            }
            length += part.byteCount();
        }
        return new PackedStrings(utf8, ends);
    }

    @Override
    public int size() {
        return ends.length;
    }

    @Override
    public String get(int index) {
        int begin = begin(index);
        return new String(utf8, begin, end(index) - begin, UTF_8);
    }

    /** {@return the array that these lie in; not to be changed} */
    public byte[] utf8() {
        return utf8;
    }

    /** {@return where a text begins in that array} */
    public int begin(int index) {
        return index == 0 ? 0 : ends[index - 1];
    }

    /** {@return where it ends} */
    public int end(int index) {
        return ends[index];
    }

    /** {@return how many bytes they have together} */
    public int byteCount() {
        return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    /** {@return a copy of some of them, which holds nothing of the others} */
    public PackedStrings copyOf(int from, int count) {
        Objects.checkFromIndexSize(from, count, ends.length);
        if (count == 0) {
            return NONE;
        }
        int begin = begin(from);
        int[] own = new int[count];
        for (int i = 0; i < count; i++) {
            own[i] = ends[from + i] - begin;
        }
        return new PackedStrings(Arrays.copyOfRange(utf8, begin, end(from + count - 1)), own);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PackedStrings that
                ? Arrays.equals(ends, that.ends) && Arrays.equals(utf8, 0, byteCount(), that.utf8, 0, that.byteCount())
                : super.equals(other);
    }

    @Override
    public int hashCode() {
        return super.hashCode(); // as any list of the same texts
    }

    /** Takes texts one after the other. Not thread-safe; used once. */
    public static final class Builder {
        private static final int FIRST_BYTES = 128;
        private static final int FIRST_COUNT = 16;
        private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

        private byte[] utf8 = new byte[FIRST_BYTES];
        private int[] ends = new int[FIRST_COUNT];
        private int length;
        private int count;

        /** Adds a text of so many chars from there; half a pair becomes U+FFFD. */
        public void add(char[] chars, int offset, int number) {
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
        }

        private void encode(char[] chars, int from, int to) {
            room(mostBytes(chars, from, to));
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

        /** {@return how many they take, or two more for each pair} */
        private static int mostBytes(char[] chars, int from, int to) {
            long bytes = 0;
            for (int i = from; i < to; i++) {
                bytes += chars[i] < 0x80 ? 1 : chars[i] < 0x800 ? 2 : 3;
            }
            return Math.toIntExact(bytes);
        }

        /** {@return how many there are} */
        public int count() {
            return count;
        }

        /** {@return the texts, in arrays that are not much larger than they} */
        public PackedStrings build() {
            if (count == 0) {
                return NONE;
            }
            boolean hasMuchSpare = length < utf8.length / 4 * 3;
            return new PackedStrings(hasMuchSpare ? Arrays.copyOf(utf8, length) : utf8, Arrays.copyOf(ends, count));
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
                utf8 = Arrays.copyOf(utf8, Math.max(needed, (int) Math.min(2L * utf8.length, LARGEST_ARRAY)));
            }
        }
    }
}
