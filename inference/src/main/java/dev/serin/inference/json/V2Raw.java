package dev.serin.inference.json;

import dev.serin.inference.DataType;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import dev.serin.inference.TensorBytes;
import java.util.List;
import java.util.Optional;

/** Reads a V2 request without JSON: bytes that are all of the model's one input, whose shape follows from how many they are. */
final class V2Raw {
    private final TensorBytes bytes;
    private final Port port;
    private final TensorType type;

    private V2Raw(TensorBytes bytes, Port port) {
        this.bytes = bytes;
        this.port = port;
        this.type = InputReaders.tensorType(port);
    }

    static V2Json.Request read(TensorBytes bytes, Signature signature, JsonLimits limits) {
        if (signature.inputs().size() != 1) {
            throw misfit(
                    "The body is bytes alone, since header Inference-Header-Content-Length is 0; that goes with one"
                            + " input, and the model takes %s. Send JSON that says how the bytes are divided, and its length in the header."
                                    .formatted(Texts.list(Texts.names(signature.inputs()))));
        }
        Tensor input = new V2Raw(bytes, signature.inputs().getFirst()).tensor(new Budget(limits.maxElements()));
        return new V2Json.Request(Optional.empty(), List.of(input), List.of(), true, Optional.empty());
    }

    private Tensor tensor(Budget budget) {
        long[] shape = shape();
        if (type.dataType() == DataType.BYTES) {
            return Tensor.ofStrings(shape, text());
        }
        budget.take(bytes.length() / type.dataType().byteSize());
        return bytes.tensor(type.dataType(), shape, 0);
    }

    private long[] shape() {
        List<Dimension> expected = type.shape();
        long variable = expected.stream().filter(V2Raw::isVariable).count();
        if (variable > 1) {
            throw misfit(
                    "%s takes %s, of which %d dimensions may have any length; bytes alone tell one. Send JSON with 'shape', and its length in the header Inference-Header-Content-Length."
                            .formatted(subject(), Texts.shape(expected), variable));
        }
        long length = lengthOfVariable(expected, variable == 1);
        return expected.stream()
                .mapToLong(dimension -> dimension instanceof Dimension.Fixed(long fixed) ? fixed : length)
                .toArray();
    }

    /** {@return how long the dimension is that may have any length} */
    private long lengthOfVariable(List<Dimension> expected, boolean isThere) {
        boolean text = type.dataType() == DataType.BYTES; // one string, without its length
        long unit = text ? 1 : type.dataType().byteSize();
        for (Dimension dimension : expected) {
            if (dimension instanceof Dimension.Fixed(long fixed) && unit < Long.MAX_VALUE) { // else too much for good
                unit = fixed > 0 && unit > Long.MAX_VALUE / fixed ? Long.MAX_VALUE : unit * fixed;
            }
        }
        if (unit == Long.MAX_VALUE) { // more than any body has, be the dimension 0 long
            throw misfit(wrongLength(expected, unit, isThere));
        }
        long given = text ? 1 : bytes.length();
        if (isThere && unit > 0 && given % unit == 0) {
            return given / unit;
        }
        if (given != (isThere ? 0 : unit)) {
            throw misfit(text ? oneString(expected) : wrongLength(expected, unit, isThere));
        }
        return 0;
    }

    private String wrongLength(List<Dimension> expected, long unit, boolean isThere) {
        return "%s takes %s of %s, which is %s%d bytes; the body has %d, all of them the input's since header Inference-Header-Content-Length is 0."
                .formatted(
                        subject(),
                        Texts.shape(expected),
                        type.dataType(),
                        isThere ? "a multiple of " : "",
                        unit,
                        bytes.length());
    }

    private String oneString(List<Dimension> expected) {
        return "%s takes %s of BYTES; bytes alone are one string. Send JSON with 'shape', and its length in the header Inference-Header-Content-Length."
                .formatted(subject(), Texts.shape(expected));
    }

    private PackedStrings text() {
        BinaryStrings read = new BinaryStrings(bytes, 0, bytes.length());
        PackedStrings text = read.whole();
        read.fault().ifPresent(fault -> {
            throw misfit(subject() + " " + fault);
        });
        return text;
    }

    private static boolean isVariable(Dimension dimension) {
        return !(dimension instanceof Dimension.Fixed);
    }

    private String subject() {
        return "Input '%s'".formatted(Texts.cut(port.name()));
    }

    private static InvalidInputException misfit(String text) {
        return new InvalidInputException(InvalidInputException.Kind.MISFIT, text);
    }
}
