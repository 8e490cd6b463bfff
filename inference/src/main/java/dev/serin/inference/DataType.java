package dev.serin.inference;

/** Element types, named as the Open Inference Protocol V2 spells them. */
public enum DataType {
    BOOL(1),
    UINT8(1),
    UINT16(2),
    UINT32(4),
    UINT64(8),
    INT8(1),
    INT16(2),
    INT32(4),
    INT64(8),
    FP16(2),
    BF16(2),
    FP32(4),
    FP64(8),
    /** Strings, UTF-8. */
    BYTES(0);

    private final int byteSize;

    DataType(int byteSize) {
        this.byteSize = byteSize;
    }

    /** {@return bytes of one element; 0 for {@link #BYTES}, whose elements vary} */
    public int byteSize() {
        return byteSize;
    }

    public boolean isFloat() {
        return this == FP16 || this == BF16 || this == FP32 || this == FP64;
    }
}
