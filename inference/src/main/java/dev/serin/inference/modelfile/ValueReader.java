package dev.serin.inference.modelfile;

import dev.serin.inference.DataType;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.MapType;
import dev.serin.inference.Signature.Type.SequenceType;
import dev.serin.inference.Signature.Type.TensorType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one {@code ValueInfoProto}: an input or output of the graph. */
final class ValueReader {
    static final int MAX_RANK = 64;
    private static final int MAX_NAME_BYTES = 1024;

    private final ProtoReader in;
    private final String role;
    private String name = "";
    private Optional<Signature.Type> type = Optional.empty();
    private boolean shapeless;

    private ValueReader(ProtoReader in, String role) {
        this.in = in;
        this.role = role;
    }

    /** Reads the input that is the current field. */
    static Port input(ProtoReader in) throws IOException {
        ValueReader value = new ValueReader(in, "input");
        Port port = value.port();
        if (value.shapeless) { // in a session this would look like a single number
            throw new MalformedException(
                    "declares no shape for its input '%s'; export it with one, with names for lengths that vary"
                            .formatted(port.name()));
        }
        return port;
    }

    /** Reads the output that is the current field. */
    static Port output(ProtoReader in) throws IOException {
        return new ValueReader(in, "output").port();
    }

    private Port port() throws IOException {
        in.message(role, this::fields);
        if (name.isEmpty() || name.codePoints().anyMatch(Character::isISOControl)) {
            throw new MalformedException("has an %s with the name %s".formatted(role, Quoted.of(name)));
        }
        return new Port(
                name,
                type.orElseThrow(
                        () -> new MalformedException("says nothing of the type of its %s '%s'".formatted(role, name))));
    }

    private void fields() throws IOException {
        for (int field = in.next(); field != 0; field = in.next()) {
            switch (field) {
                case 1 -> name = in.text(MAX_NAME_BYTES);
                case 2 -> type = Optional.of(type());
                default -> in.skip();
            }
        }
    }

    private Signature.Type type() throws IOException {
        TypeReader reader = new TypeReader();
        in.message("type", reader::fields);
        return reader.type.orElseThrow(
                () -> new MalformedException("has an empty type at its %s '%s'".formatted(role, name)));
    }

    /** Reads one {@code TypeProto}. */
    private final class TypeReader {
        private Optional<Signature.Type> type = Optional.empty();
        private final List<Dimension> shape = new ArrayList<>();
        private long elementCode;
        private boolean shaped;
        private Optional<Signature.Type> element = Optional.empty();

        void fields() throws IOException {
            for (int field = in.next(); field != 0; field = in.next()) {
                switch (field) {
                    case 1 -> type = Optional.of(tensor());
                    case 4 -> type = Optional.of(sequence());
                    case 5 -> type = Optional.of(map());
                    case 7 -> throw unsupported("an opaque value");
                    case 8 -> throw unsupported("a sparse tensor");
                    case 9 -> throw unsupported("optional");
                    default -> in.skip();
                }
            }
        }

        private Signature.Type tensor() throws IOException {
            in.message("tensor type", () -> {
                for (int field = in.next(); field != 0; field = in.next()) {
                    switch (field) {
                        case 1 -> elementCode = in.number();
                        case 2 -> in.message("shape", this::shape);
                        default -> in.skip();
                    }
                }
            });
            shapeless = !shaped;
            return new TensorType(dataType(), shape);
        }

        private Signature.Type sequence() throws IOException {
            in.message("sequence type", () -> {
                for (int field = in.next(); field != 0; field = in.next()) {
                    switch (field) {
                        case 1 -> element = Optional.of(ValueReader.this.type());
                        default -> in.skip();
                    }
                }
            });
            shapeless = false;
            return new SequenceType(
                    switch (element.orElseThrow(() -> unsupported("a sequence of nothing"))) {
                        case TensorType(var dataType, var _) -> new TensorType(dataType, List.of());
                        case MapType map -> map;
                        case SequenceType _ -> throw unsupported("a sequence of sequences");
                    });
        }

        private Signature.Type map() throws IOException {
            in.message("map type", () -> {
                for (int field = in.next(); field != 0; field = in.next()) {
                    switch (field) {
                        case 1 -> elementCode = in.number();
                        case 2 -> element = Optional.of(ValueReader.this.type());
                        default -> in.skip();
                    }
                }
            });
            shapeless = false;
            if (element.isPresent() && element.get() instanceof TensorType(var dataType, var _)) {
                return new MapType(dataType(), dataType);
            }
            throw unsupported("a map of something other than tensors");
        }

        private void shape() throws IOException {
            shaped = true;
            for (int field = in.next(); field != 0; field = in.next()) {
                if (field != 1 || shape.size() == MAX_RANK) {
                    throw unsupported("a tensor with an impossible shape");
                }
                in.message("dimension", () -> shape.add(dimension()));
            }
        }

        private Dimension dimension() throws IOException {
            Dimension dimension = new Dimension.Unknown();
            for (int field = in.next(); field != 0; field = in.next()) {
                switch (field) {
                    case 1 -> dimension = fixed(in.number());
                    case 2 -> dimension = symbol(in.text(MAX_NAME_BYTES));
                    default -> in.skip();
                }
            }
            return dimension;
        }

        private static Dimension fixed(long length) { // some exporters write -1 for "any"
            return length >= 0 ? new Dimension.Fixed(length) : new Dimension.Unknown();
        }

        private static Dimension symbol(String name) {
            return name.isEmpty() ? new Dimension.Unknown() : new Dimension.Symbol(name);
        }

        private DataType dataType() {
            ElementType elementType = ElementType.of(elementCode);
            return elementType.dataType().orElseThrow(() -> unsupported("a tensor of " + elementType));
        }

        private MalformedException unsupported(String what) {
            return new MalformedException(
                    "has an %s '%s' that is %s, which this build cannot serve".formatted(role, name, what));
        }
    }
}
