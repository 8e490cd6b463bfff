package dev.serin.inference.json;

import dev.serin.inference.DataType;
import dev.serin.inference.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Writes single elements: whole numbers in full, floats in the shortest form that reads back as the same. */
final class ElementWriter {
    private final JsonText json;
    private final boolean words;

    /** @param words whether NaN and infinities are written as tokens, as V2 does, or as null and strings */
    ElementWriter(JsonText json, boolean words) {
        this.json = json;
        this.words = words;
    }

    void write(Tensor tensor, int index) throws IOException {
        ByteBuffer data = tensor.data();
        switch (tensor.dataType()) {
            case FP32 -> write(data.getFloat(index * 4));
            case FP64 -> write(data.getDouble(index * 8));
            case INT64 -> json.number(data.getLong(index * 8));
            case INT32 -> json.number(data.getInt(index * 4));
            case INT16 -> json.number(data.getShort(index * 2));
            case INT8 -> json.number(data.get(index));
            case UINT8 -> json.number(data.get(index) & 0xFF);
            case UINT16 -> json.number(data.getShort(index * 2) & 0xFFFF);
            case UINT32 -> json.number(data.getInt(index * 4) & 0xFFFF_FFFFL);
            case UINT64 -> json.unsigned(data.getLong(index * 8));
            case FP16 -> write(Halfs.fromFloat16(data.getShort(index * 2)));
            case BF16 -> write(Halfs.fromBfloat16(data.getShort(index * 2)));
            case BOOL -> json.bool(data.get(index) != 0);
            case BYTES -> json.text(tensor.strings(), index);
        }
    }

    /** Writes some elements, one after the other. */
    void write(Tensor tensor, int first, int count) throws IOException {
        if (tensor.dataType() == DataType.FP32) { // by far the most: no choice for each
            ByteBuffer data = tensor.data();
            for (int i = first; i < first + count; i++) {
                write(data.getFloat(i * Float.BYTES));
            }
        } else {
            for (int i = first; i < first + count; i++) {
                write(tensor, i);
            }
        }
    }

    void write(float value) throws IOException {
        if (Float.isFinite(value) || words) {
            json.number(value);
        } else {
            notFinite(value);
        }
    }

    void write(double value) throws IOException {
        if (Double.isFinite(value) || words) {
            json.number(value);
        } else {
            notFinite(value);
        }
    }

    private void notFinite(double value) throws IOException {
        if (Double.isNaN(value)) {
            json.none();
        } else {
            json.text(value > 0 ? "Infinity" : "-Infinity");
        }
    }

    /** Writes a value of a map. */
    void writeBoxed(Object value) throws IOException {
        switch (value) {
            case Float number -> write(number.floatValue());
            case Double number -> write(number.doubleValue());
            case Number number -> json.number(number.longValue());
            case Object other -> json.text(other.toString());
        }
    }
}
