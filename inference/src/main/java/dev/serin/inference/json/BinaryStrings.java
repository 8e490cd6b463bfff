package dev.serin.inference.json;

import dev.serin.inference.TensorBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads the elements of a BYTES tensor: of each its length in four bytes, little-endian and without a sign, then that many
 * bytes. Takes memory for nothing that is not there. Used once, by one thread.
 */
final class BinaryStrings {
    private static final int PREFIX = Integer.BYTES;

    private final TensorBytes bytes;
    private final int end;
    private int next;
    private Optional<String> fault = Optional.empty();

    BinaryStrings(TensorBytes bytes, int begin, int end) {
        this.bytes = bytes;
        this.next = begin;
        this.end = end;
    }

    /** {@return as many strings as the shape has, or fewer and there is a fault} */
    String[] read(int expected) {
        if ((long) expected * PREFIX > left()) {
            fault = Optional.of("has %d bytes, too few for %d elements: each begins with its length in 4 bytes."
                    .formatted(left(), expected));
            return new String[0];
        }
        String[] strings = new String[expected];
        for (int i = 0; i < expected && fault.isEmpty(); i++) {
            strings[i] = one(i, expected);
        }
        if (left() > 0 && fault.isEmpty()) {
            fault = Optional.of("has %d bytes behind the last of its %d elements.".formatted(left(), expected));
        }
        return strings;
    }

    /** {@return what is wrong, as the rest of a sentence} */
    Optional<String> fault() {
        return fault;
    }

    private String one(int index, int expected) {
        if (left() < PREFIX) {
            fault = Optional.of("ends in the length of element %d of %d.".formatted(index, expected));
            return "";
        }
        long length = bytes.unsignedInt(next);
        next += PREFIX;
        if (length > left()) {
            fault = Optional.of(
                    "has %d bytes left for element %d, whose length is given as %d.".formatted(left(), index, length));
            return "";
        }
        byte[] element = bytes.copy(next, (int) length);
        next += (int) length;
        Text read = text(element, index);
        fault = read.fault();
        return read.text();
    }

    /** A string, and what is wrong with it, as the rest of a sentence. */
    record Text(String text, Optional<String> fault) {}

    static Text text(byte[] element, int index) {
        String text = new String(element, StandardCharsets.UTF_8);
        boolean doubtful = text.indexOf('\ufffd') >= 0; // what stands for that which is no UTF-8, unless it was sent
        if (doubtful && !Arrays.equals(text.getBytes(StandardCharsets.UTF_8), element)) {
            return new Text(text, Optional.of("is not UTF-8 at [%d]; the model takes texts.".formatted(index)));
        }
        return new Text(text, Optional.empty());
    }

    private int left() {
        return end - next;
    }
}
