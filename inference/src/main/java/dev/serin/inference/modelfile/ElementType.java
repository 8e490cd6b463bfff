package dev.serin.inference.modelfile;

import dev.serin.inference.DataType;
import java.util.Optional;

/** ONNX's element types by their numbers ({@code TensorProto.DataType}). */
enum ElementType {
    FLOAT(32, DataType.FP32),
    UINT8(8, DataType.UINT8),
    INT8(8, DataType.INT8),
    UINT16(16, DataType.UINT16),
    INT16(16, DataType.INT16),
    INT32(32, DataType.INT32),
    INT64(64, DataType.INT64),
    STRING(0, DataType.BYTES),
    BOOL(8, DataType.BOOL),
    FLOAT16(16, DataType.FP16),
    DOUBLE(64, DataType.FP64),
    UINT32(32, DataType.UINT32),
    UINT64(64, DataType.UINT64),
    COMPLEX64(14, 64),
    COMPLEX128(15, 128),
    BFLOAT16(16, DataType.BF16),
    FLOAT8E4M3FN(17, 8),
    FLOAT8E4M3FNUZ(18, 8),
    FLOAT8E5M2(19, 8),
    FLOAT8E5M2FNUZ(20, 8),
    UINT4(21, 4),
    INT4(22, 4),
    FLOAT4E2M1(23, 4),
    FLOAT8E8M0(24, 8),
    UINT2(25, 2),
    INT2(26, 2);

    private static final ElementType[] BY_CODE = values();

    private final int code;
    private final int bits;
    private final Optional<DataType> dataType;

    ElementType(int bits, DataType dataType) {
        this(dataType.onnxNumber(), bits, Optional.of(dataType));
    }

    ElementType(int code, int bits) {
        this(code, bits, Optional.empty());
    }

    ElementType(int code, int bits, Optional<DataType> dataType) {
        this.code = code;
        this.bits = bits;
        this.dataType = dataType;
    }

    static ElementType of(long code) {
        if (code < 1 || code > BY_CODE.length) {
            throw new MalformedException("has a tensor of the unknown element type " + code);
        }
        ElementType type = BY_CODE[(int) code - 1];
        assert type.code == code : "constants in order of their codes";
        return type;
    }

    /** {@return the type as Serin names it, if tensors of it can go in or out} */
    Optional<DataType> dataType() {
        return dataType;
    }

    /** {@return bytes that so many elements take in their densest form; 0 for strings, which vary} */
    long bytes(long elements) {
        return Math.ceilDiv(Math.multiplyExact(elements, bits), 8);
    }

    /** {@return how many elements of this type one number of a typed field can hold at most} */
    int elementsPerNumber() {
        return bits == 0 || bits >= 8 ? 1 : 8 / bits;
    }
}
