package dev.serin.inference.modelfile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads one {@code TensorProto}, jumping over its elements, and checks that it has as many as it declares. */
final class TensorReader {
    private static final int MAX_NAME_BYTES = 10_000;

    private final ProtoReader in;
    private final List<Long> dims = new ArrayList<>();
    private final ExternalData external = new ExternalData();
    private String name = "";
    private long elementCode;
    private long rawBytes;
    private long typedNumbers;
    private long strings;
    private boolean isExternal;

    private TensorReader(ProtoReader in) {
        this.in = in;
    }

    /** Reads and checks the tensor that is the current field. {@return its name} */
    static String read(ProtoReader in, ExternalFiles files) throws IOException {
        TensorReader tensor = new TensorReader(in);
        in.message("tensor", tensor::fields);
        tensor.check(files);
        return tensor.name;
    }

    private void fields() throws IOException {
        for (int field = in.next(); field != 0; field = in.next()) {
            switch (field) {
                case 1 -> in.numbers(this::dimension);
                case 2 -> elementCode = in.number();
                case 4, 5, 7, 10, 11 -> typedNumbers += in.skipNumbers();
                case 6 -> {
                    strings++;
                    in.skip();
                }
                case 8 -> name = in.text(MAX_NAME_BYTES);
                case 9 -> rawBytes += in.skip();
                case 13 -> in.message("external data", () -> external.readEntry(in));
                case 14 -> isExternal = in.number() == 1;
                default -> in.skip();
            }
        }
    }

    private void dimension(long length) {
        if (length < 0 || dims.size() == ValueReader.MAX_RANK) {
            throw new MalformedException("has a tensor '%s' with an impossible shape".formatted(name));
        }
        dims.add(length);
    }

    private void check(ExternalFiles files) {
        if (isExternal || external.isGiven()) {
            files.check(name, external, declaredBytes());
        } else if (declared() > carried()) {
            throw new MalformedException("declares %d elements of %s in its tensor '%s' but carries %d bytes for them"
                    .formatted(declared(), type(), name, rawBytes + typedNumbers + strings));
        }
    }

    private long declaredBytes() {
        try {
            return type().bytes(declared());
        } catch (ArithmeticException e) {
            throw tooLarge();
        }
    }

    private long declared() {
        long elements = 1;
        for (long length : dims) {
            try {
                elements = Math.multiplyExact(elements, length);
            } catch (ArithmeticException e) {
                throw tooLarge();
            }
        }
        return elements;
    }

    private MalformedException tooLarge() {
        return new MalformedException("declares more elements in its tensor '%s' than exist".formatted(name));
    }

    private long carried() {
        if (type() == ElementType.STRING) {
            return strings;
        }
        if (rawBytes > 0) {
            return declaredBytes() <= rawBytes ? declared() : 0;
        }
        return typedNumbers * type().elementsPerNumber();
    }

    private ElementType type() {
        return ElementType.of(elementCode);
    }
}
