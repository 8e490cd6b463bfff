package dev.serin.inference;

import java.util.Optional;

/** Element types, named as the Open Inference Protocol V2 spells them. */
public enum DataType {
    BOOL(1, 9),
    UINT8(1, 2),
    UINT16(2, 4),
    UINT32(4, 12),
    UINT64(8, 13),
    INT8(1, 3),
    INT16(2, 5),
    INT32(4, 6),
    INT64(8, 7),
    FP16(2, 10),
    BF16(2, 16),
    FP32(4, 1),
    FP64(8, 11),
    /** Strings, UTF-8. */
    BYTES(0, 8);

    private static final DataType[] ALL = values();

    private final int byteSize;
    private final int onnxNumber;

    DataType(int byteSize, int onnxNumber) {
        this.byteSize = byteSize;
        this.onnxNumber = onnxNumber;
    }

    /** {@return its number in ONNX's {@code TensorProto.DataType}, which ONNX Runtime's C API uses too} */
    public int onnxNumber() {
        return onnxNumber;
    }

    /** {@return the type of that number; empty for one that Serin does not know} */
    public static Optional<DataType> ofOnnxNumber(int number) {
        for (DataType type : ALL) {
            if (type.onnxNumber == number) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** {@return bytes of one element; 0 for {@link #BYTES}, whose elements vary} */
    public int byteSize() {
        return byteSize;
    }

    public boolean isFloat() {
        return this == FP16 || this == BF16 || this == FP32 || this == FP64;
    }
}
