package dev.serin.inference.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.serin.inference.DataType;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The native face of one run's inputs; direct buffers are lent to it, not copied. Closed by whoever made it. */
final class Feed implements AutoCloseable {
    private final Map<String, OnnxTensor> tensors;

    private Feed(Map<String, OnnxTensor> tensors) {
        this.tensors = tensors;
    }

    static Feed of(OrtEnvironment environment, List<Port> ports, List<Tensor> inputs) throws OrtException {
        if (inputs.size() != ports.size()) {
            throw new IllegalArgumentException("%d inputs for %d ports".formatted(inputs.size(), ports.size()));
        }
        if (ports.size() == 1) { // the common case, without a hash table
            Port port = ports.getFirst();
            return new Feed(Map.of(port.name(), tensor(environment, port, inputs.getFirst())));
        }
        Feed feed = new Feed(LinkedHashMap.newLinkedHashMap(ports.size()));
        try {
            for (int i = 0; i < ports.size(); i++) {
                feed.tensors.put(ports.get(i).name(), tensor(environment, ports.get(i), inputs.get(i)));
            }
            return feed;
        } catch (OrtException | RuntimeException e) {
            feed.close();
            throw e;
        }
    }

    Map<String, OnnxTensor> tensors() {
        return tensors;
    }

    private static OnnxTensor tensor(OrtEnvironment environment, Port port, Tensor input) throws OrtException {
        if (!(port.type() instanceof TensorType(var dataType, var _)) || dataType != input.dataType()) {
            throw new IllegalArgumentException(
                    "Input '%s' is %s, got a tensor of %s".formatted(port.name(), port.type(), input.dataType()));
        }
        if (dataType == DataType.BYTES) {
            return strings(environment, input);
        }
        return OnnxTensor.createTensor(
                environment,
                exact(input),
                input.shape(),
                ElementTypes.feedable(dataType).orElseThrow());
    }

    private static OnnxTensor strings(OrtEnvironment environment, Tensor input) throws OrtException {
        String[] blanks = new String[input.elementCount()];
        Arrays.fill(blanks, "");
        OnnxTensor tensor = OnnxTensor.createTensor(environment, blanks, input.shape());
        try {
            if (blanks.length > 0) {
                NativeStrings.fill(tensor, input.strings());
            }
            return tensor;
        } catch (RuntimeException e) { // whatever it was: nobody else would free the tensor
            tensor.close();
            throw e;
        }
    }

    /** The binding takes what remains of a buffer as the elements, and heap buffers only in their own types. */
    static ByteBuffer exact(Tensor input) {
        int bytes = input.elementCount() * input.dataType().byteSize();
        ByteBuffer data = input.data();
        if (!data.isDirect()) {
            return ByteBuffer.allocateDirect(bytes).order(data.order()).put(0, data, 0, bytes);
        }
        return data.position() == 0 && data.limit() == bytes
                ? data
                : data.slice(0, bytes).order(data.order());
    }

    @Override
    public void close() {
        tensors.values().forEach(OnnxTensor::close);
    }
}
