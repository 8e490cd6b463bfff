package dev.serin.inference.json;

import dev.serin.inference.PackedStrings;
import dev.serin.inference.Utf8;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes JSON as it goes, without an object for each number: floats as {@link Float#toString(float)} and
 * {@link Double#toString(double)} have them, in the fewest digits that read back as the same. Commas come by themselves; that
 * names and values take turns is the caller's business. Not thread-safe. Closing hands over what is left and gives the buffer
 * back; what was not finished stays unfinished, and does not look like a whole.
 */
final class JsonText implements AutoCloseable {
    private static final int LONGEST_NUMBER = 32; // of a double: 24; of a long: 20
    private static final int LONGEST_SIGN = 6; // \u001F
    private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

    private final OutputStream out;
    private final Scratch scratch;
    private final byte[] buffer;
    private int length;
    private boolean comma; // before what comes next
    private boolean closed;

    JsonText(OutputStream out) {
        this.out = out;
        this.scratch = Scratch.take();
        this.buffer = scratch.bytes;
    }

    void startObject() throws IOException {
        start('{');
    }

    void endObject() throws IOException {
        end('}');
    }

    void startArray() throws IOException {
        start('[');
    }

    void endArray() throws IOException {
        end(']');
    }

    private void start(char bracket) throws IOException {
        beginValue(1);
        buffer[length++] = (byte) bracket;
        comma = false;
    }

    private void end(char bracket) throws IOException {
        room(1);
        buffer[length++] = (byte) bracket;
        comma = true;
    }

    /** Writes the name of a member, whose value comes next. */
    void name(String name) throws IOException {
        text(name);
        room(1);
        buffer[length++] = ':';
        comma = false;
    }

    void text(String text) throws IOException {
        beginValue(1);
        buffer[length++] = '"';
        signs(text);
        room(1);
        buffer[length++] = '"';
        comma = true;
    }

    /** Writes one of these texts, which are UTF-8 as it is written. */
    void text(PackedStrings texts, int index) throws IOException {
        beginValue(1);
        buffer[length++] = '"';
        byte[] utf8 = texts.utf8();
        int end = texts.end(index);
        int next = texts.begin(index);
        while (next < end) {
            int special = special(utf8, next, end);
            raw(utf8, next, special - next);
            if (special < end) {
                room(LONGEST_SIGN);
                ascii((char) utf8[special++]);
            }
            next = special;
        }
        room(1);
        buffer[length++] = '"';
        comma = true;
    }

    /** {@return where the first sign is that is not written as it is} */
    private static int special(byte[] utf8, int begin, int end) {
        int i = begin;
        while (i < end && (utf8[i] < 0 || (utf8[i] >= ' ' && utf8[i] != '"' && utf8[i] != '\\'))) {
            i++;
        }
        return i;
    }

    private void raw(byte[] bytes, int begin, int count) throws IOException {
        if (count > buffer.length) {
            flush();
            out.write(bytes, begin, count);
            return;
        }
        room(count);
        System.arraycopy(bytes, begin, buffer, length, count);
        length += count;
    }

    void number(long value) throws IOException {
        beginValue(LONGEST_NUMBER);
        if (value < 0) { // downwards, since the least has no counterpart above zero
            buffer[length++] = '-';
            digits(value);
        } else {
            digits(-value);
        }
        comma = true;
    }

    /** Writes a number without a sign. */
    void unsigned(long value) throws IOException {
        if (value >= 0) {
            number(value);
        } else {
            raw(Long.toUnsignedString(value));
        }
    }

    void number(float value) throws IOException {
        scratch.digits.setLength(0);
        scratch.digits.append(value);
        shortest();
    }

    void number(double value) throws IOException {
        scratch.digits.setLength(0);
        scratch.digits.append(value);
        shortest();
    }

    /** Writes the float that stands in the scratch. */
    private void shortest() throws IOException {
        int more = scratch.digits.length();
        scratch.digits.getChars(0, more, scratch.signs, 0);
        beginValue(more);
        for (int i = 0; i < more; i++) {
            buffer[length + i] = (byte) scratch.signs[i];
        }
        length += more;
        comma = true;
    }

    void bool(boolean value) throws IOException {
        raw(value ? "true" : "false");
    }

    void none() throws IOException {
        raw("null");
    }

    private void raw(String ascii) throws IOException {
        int more = ascii.length();
        beginValue(more);
        for (int i = 0; i < more; i++) {
            buffer[length + i] = (byte) ascii.charAt(i);
        }
        length += more;
        comma = true;
    }

    /** @param value not above zero */
    private void digits(long value) {
        int end = length + 1;
        for (long rest = value / 10; rest != 0; rest /= 10) {
            end++;
        }
        long rest = value;
        for (int i = end - 1; i >= length; i--) {
            buffer[i] = (byte) ('0' - rest % 10);
            rest /= 10;
        }
        length = end;
    }

    private void signs(String text) throws IOException {
        int i = plain(text);
        for (; i < text.length(); i++) {
            room(LONGEST_SIGN);
            char sign = text.charAt(i);
            if (sign < 0x80) {
                ascii(sign);
            } else if (Character.isHighSurrogate(sign)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                length = Utf8.put(Character.toCodePoint(sign, text.charAt(i)), buffer, length);
            } else {
                length = Utf8.put(Character.isSurrogate(sign) ? Utf8.REPLACEMENT : sign, buffer, length);
            }
        }
    }

    /** Writes those in front that are written as they are, if they all fit. {@return how many those were} */
    private int plain(String text) throws IOException {
        int most = text.length();
        room(Math.min(most, buffer.length));
        if (buffer.length - length < most) {
            return 0;
        }
        for (int i = 0; i < most; i++) {
            char sign = text.charAt(i);
            if (sign < ' ' || sign >= 0x80 || sign == '"' || sign == '\\') {
                length += i;
                return i;
            }
            buffer[length + i] = (byte) sign;
        }
        length += most;
        return most;
    }

    private void ascii(char sign) {
        switch (sign) {
            case '"', '\\' -> escaped(sign);
            case '\b' -> escaped('b');
            case '\t' -> escaped('t');
            case '\n' -> escaped('n');
            case '\f' -> escaped('f');
            case '\r' -> escaped('r');
            default -> {
                if (sign < ' ') {
                    escaped('u');
                    buffer[length++] = '0';
                    buffer[length++] = '0';
                    buffer[length++] = HEX[sign >> 4];
                    buffer[length++] = HEX[sign & 0xF];
                } else {
                    buffer[length++] = (byte) sign;
                }
            }
        }
    }

    private void escaped(char sign) {
        buffer[length++] = '\\';
        buffer[length++] = (byte) sign;
    }

    private void beginValue(int bytes) throws IOException {
        room(bytes + 1);
        if (comma) {
            buffer[length++] = ',';
        }
    }

    private void room(int bytes) throws IOException {
        if (buffer.length - length < bytes) {
            flush();
        }
    }

    private void flush() throws IOException {
        int count = length;
        length = 0; // whatever becomes of it: nothing is written twice
        out.write(buffer, 0, count);
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            flush();
        } finally {
            scratch.giveBack();
        }
    }

    /** What an answer is written with, used again: virtual threads have nothing of their own to keep it in. */
    private static final class Scratch {
        private static final int MOST_KEPT = 64;
        private static final Scratch[] FREE = new Scratch[MOST_KEPT]; // guarded by the class, as their number
        private static int free;

        final byte[] bytes = new byte[8 << 10];
        final StringBuilder digits = new StringBuilder(LONGEST_NUMBER);
        final char[] signs = new char[LONGEST_NUMBER];

        static synchronized Scratch take() {
            return free > 0 ? FREE[--free] : new Scratch();
        }

        void giveBack() {
            synchronized (Scratch.class) {
                if (free < MOST_KEPT) {
                    FREE[free++] = this;
                }
            }
        }
    }
}
