package dev.serin.inference.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import dev.serin.inference.DataType;
import java.util.Optional;

/** Our element types beside the binding's. */
final class ElementTypes {
    private ElementTypes() {}

    /** {@return the type, if it is one that Serin knows} */
    static Optional<DataType> of(OnnxTensorType type) {
        return switch (type) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> Optional.of(DataType.UINT8);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> Optional.of(DataType.INT8);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> Optional.of(DataType.UINT16);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> Optional.of(DataType.INT16);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> Optional.of(DataType.UINT32);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> Optional.of(DataType.INT32);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> Optional.of(DataType.UINT64);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> Optional.of(DataType.INT64);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> Optional.of(DataType.FP16);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> Optional.of(DataType.BF16);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> Optional.of(DataType.FP32);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> Optional.of(DataType.FP64);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> Optional.of(DataType.BYTES);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> Optional.of(DataType.BOOL);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_COMPLEX64,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_COMPLEX128,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FN,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FNUZ,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2,
                    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2FNUZ -> Optional.empty();
        };
    }

    /** {@return the type of a map's keys or values, whose signedness the binding does not tell} */
    static Optional<DataType> of(OnnxJavaType type) {
        return switch (type) {
            case FLOAT -> Optional.of(DataType.FP32);
            case DOUBLE -> Optional.of(DataType.FP64);
            case INT8 -> Optional.of(DataType.INT8);
            case INT16 -> Optional.of(DataType.INT16);
            case INT32 -> Optional.of(DataType.INT32);
            case INT64 -> Optional.of(DataType.INT64);
            case BOOL -> Optional.of(DataType.BOOL);
            case STRING -> Optional.of(DataType.BYTES);
            case UINT8 -> Optional.of(DataType.UINT8);
            case FLOAT16 -> Optional.of(DataType.FP16);
            case BFLOAT16 -> Optional.of(DataType.BF16);
            case UNKNOWN -> Optional.empty();
        };
    }

    /** {@return how the binding is told that type in a buffer, if it can be} */
    static Optional<OnnxJavaType> feedable(DataType type) {
        return switch (type) {
            case FP32 -> Optional.of(OnnxJavaType.FLOAT);
            case FP64 -> Optional.of(OnnxJavaType.DOUBLE);
            case FP16 -> Optional.of(OnnxJavaType.FLOAT16);
            case BF16 -> Optional.of(OnnxJavaType.BFLOAT16);
            case INT8 -> Optional.of(OnnxJavaType.INT8);
            case INT16 -> Optional.of(OnnxJavaType.INT16);
            case INT32 -> Optional.of(OnnxJavaType.INT32);
            case INT64 -> Optional.of(OnnxJavaType.INT64);
            case UINT8 -> Optional.of(OnnxJavaType.UINT8);
            case BOOL -> Optional.of(OnnxJavaType.BOOL);
            case BYTES -> Optional.of(OnnxJavaType.STRING);
            case UINT16, UINT32, UINT64 -> Optional.empty();
        };
    }
}
