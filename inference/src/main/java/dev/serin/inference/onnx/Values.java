package dev.serin.inference.onnx;

import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.serin.inference.DataType;
import dev.serin.inference.InferenceException;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;

/** Copies what a run gave from native memory to the Java heap. */
final class Values {
    private Values() {}

    /** {@return the values of the result, which stays the caller's to close} */
    static List<Value> of(OrtSession.Result result) throws OrtException {
        if (result.size() == 1) {
            return List.of(value(result.get(0)));
        }
        List<Value> values = new ArrayList<>(result.size());
        for (int i = 0; i < result.size(); i++) {
            values.add(value(result.get(i)));
        }
        return Collections.unmodifiableList(values);
    }

    private static Value value(OnnxValue value) throws OrtException {
        return switch (value) {
            case OnnxTensor tensor -> tensor(tensor);
            case OnnxSequence sequence -> sequence(sequence);
            case OnnxMap map -> map(map);
            default -> throw new InferenceException("The model gave a value of the type " + value.getType());
        };
    }

    private static Tensor tensor(OnnxTensor tensor) throws OrtException {
        TensorInfo info = tensor.getInfo();
        DataType type = ElementTypes.of(info.onnxType)
                .orElseThrow(() -> new InferenceException("The model gave a tensor of " + info.onnxType));
        long[] shape = info.getShape();
        if (type == DataType.BYTES) {
            return Tensor.ofStrings(shape, strings(tensor, info));
        }
        return Tensor.of(type, shape, bytes(tensor, info, type));
    }

    private static ByteBuffer bytes(OnnxTensor tensor, TensorInfo info, DataType type) {
        if (info.getNumElements() == 0) { // nothing to point at
            return ByteBuffer.allocate(0).order(ByteOrder.nativeOrder());
        }
        if (info.getNumElements() > Integer.MAX_VALUE / type.byteSize()) {
            throw new InferenceException("The model gave a tensor of %d elements".formatted(info.getNumElements()));
        }
        return tensor.getByteBuffer().order(ByteOrder.nativeOrder());
    }

    private static String[] strings(OnnxTensor tensor, TensorInfo info) {
        return info.getNumElements() == 0
                ? new String[0]
                : NativeStrings.read(tensor, Math.toIntExact(info.getNumElements()));
    }

    private static Value sequence(OnnxSequence sequence) throws OrtException {
        List<? extends OnnxValue> elements = sequence.getValue();
        try {
            List<Value> copies = new ArrayList<>(elements.size());
            for (OnnxValue element : elements) {
                copies.add(value(element));
            }
            return new Value.Sequence(copies);
        } finally {
            elements.forEach(OnnxValue::close);
        }
    }

    private static Value map(OnnxMap map) throws OrtException {
        DataType keys = ElementTypes.of(map.getInfo().keyType).orElseThrow();
        DataType values = ElementTypes.of(map.getInfo().valueType).orElseThrow();
        return new Value.Mapping(keys, values, new TreeMap<Object, Object>(map.getValue()));
    }
}
