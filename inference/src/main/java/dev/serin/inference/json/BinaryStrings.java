package dev.serin.inference.json;

import dev.serin.inference.PackedStrings;
import dev.serin.inference.TensorBytes;
import java.util.Optional;

/**
 * Reads the elements of a BYTES tensor: of each its length in four bytes, little-endian and without a sign, then that many
 * bytes. Takes memory for nothing that is not there. Used once, by one thread.
 */
final class BinaryStrings {
    private static final int PREFIX = Integer.BYTES;

    private final TensorBytes bytes;
    private final int begin;
    private final int end;
    private Optional<String> fault = Optional.empty();

    BinaryStrings(TensorBytes bytes, int begin, int end) {
        this.bytes = bytes;
        this.begin = begin;
        this.end = end;
    }

    /** {@return as many strings as the shape has, or none and there is a fault} */
    PackedStrings read(int expected) {
        int most = end - begin;
        if ((long) expected * PREFIX > most) {
            return none("has %d bytes, too few for %d elements: each begins with its length in 4 bytes."
                    .formatted(most, expected));
        }
        int[] ends = new int[expected];
        byte[] utf8 = new byte[most - expected * PREFIX];
        int next = begin;
        int length = 0;
        for (int i = 0; i < expected; i++) {
            if (end - next < PREFIX) {
                return none("ends in the length of element %d of %d.".formatted(i, expected));
            }
            long own = bytes.unsignedInt(next);
            next += PREFIX;
            if (own > end - next) {
                return none(
                        "has %d bytes left for element %d, whose length is given as %d.".formatted(end - next, i, own));
            }
            int count = (int) Math.min(own, utf8.length - length); // less only where a later length cannot be there
            bytes.copy(next, utf8, length, count);
            next += (int) own;
            length += count;
            ends[i] = length;
        }
        if (next < end) {
            return none("has %d bytes behind the last of its %d elements.".formatted(end - next, expected));
        }
        return checked(utf8, ends);
    }

    /** {@return all bytes as one string without its length, or none and there is a fault} */
    PackedStrings whole() {
        byte[] utf8 = bytes.copy(begin, end - begin);
        return checked(utf8, new int[] {utf8.length});
    }

    private PackedStrings checked(byte[] utf8, int[] ends) {
        return PackedStrings.ofUtf8(
                utf8, ends, index -> none("is not UTF-8 at [%d]; the model takes texts.".formatted(index)));
    }

    private PackedStrings none(String why) {
        fault = Optional.of(why);
        return PackedStrings.of();
    }

    /** {@return what is wrong, as the rest of a sentence} */
    Optional<String> fault() {
        return fault;
    }
}
