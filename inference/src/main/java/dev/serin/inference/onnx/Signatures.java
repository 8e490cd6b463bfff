package dev.serin.inference.onnx;

import ai.onnxruntime.MapInfo;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.SequenceInfo;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.ValueInfo;
import dev.serin.inference.DataType;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.MapType;
import dev.serin.inference.Signature.Type.SequenceType;
import dev.serin.inference.Signature.Type.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Reads the signature of a session and refuses what this binding cannot feed or fetch. */
final class Signatures {
    private Signatures() {}

    static Signature of(OrtSession session) throws OrtException {
        List<Port> inputs = new ArrayList<>();
        for (NodeInfo input : session.getInputInfo().values()) {
            inputs.add(input(input.getName(), input.getInfo()));
        }
        List<Port> outputs = new ArrayList<>();
        for (NodeInfo output : session.getOutputInfo().values()) {
            outputs.add(new Port(output.getName(), type("output", output.getName(), output.getInfo())));
        }
        return new Signature(inputs, outputs);
    }

    private static Port input(String name, ValueInfo info) {
        Port port = new Port(name, type("input", name, info));
        boolean feedable = port.type() instanceof TensorType(var dataType, var _)
                && ElementTypes.feedable(dataType).isPresent();
        if (!feedable) {
            throw new ModelRefusedException(
                    "input '%s' is %s, which this build cannot feed; it feeds tensors of BOOL, INT8 to INT64, UINT8, FP16, BF16, FP32, FP64 and BYTES"
                            .formatted(name, describe(port.type())));
        }
        return port;
    }

    private static Signature.Type type(String role, String name, ValueInfo info) {
        return switch (info) {
            case TensorInfo tensor ->
                new TensorType(
                        ElementTypes.of(tensor.onnxType)
                                .orElseThrow(() -> unknown(role, name, tensor.onnxType.toString())),
                        shape(tensor));
            case MapInfo map -> map(role, name, map);
            case SequenceInfo sequence ->
                new SequenceType(
                        sequence.sequenceOfMaps
                                ? map(role, name, sequence.mapInfo)
                                : new TensorType(element(role, name, sequence.sequenceType), List.of()));
            default -> throw unknown(role, name, info.toString());
        };
    }

    private static MapType map(String role, String name, MapInfo map) {
        return new MapType(element(role, name, map.keyType), element(role, name, map.valueType));
    }

    private static DataType element(String role, String name, ai.onnxruntime.OnnxJavaType type) {
        return ElementTypes.of(type).orElseThrow(() -> unknown(role, name, type.toString()));
    }

    private static ModelRefusedException unknown(String role, String name, String type) {
        return new ModelRefusedException("%s '%s' has the type %s, which this build does not know"
                .formatted(role, name, type.replace("ONNX_TENSOR_ELEMENT_DATA_TYPE_", "")));
    }

    private static List<Dimension> shape(TensorInfo tensor) {
        long[] lengths = tensor.getShape();
        String[] symbols = tensor.getDimensionNames();
        List<Dimension> shape = new ArrayList<>(lengths.length);
        for (int i = 0; i < lengths.length; i++) {
            shape.add(dimension(lengths[i], symbols[i]));
        }
        return shape;
    }

    private static Dimension dimension(long length, String symbol) {
        if (length >= 0) {
            return new Dimension.Fixed(length);
        }
        return symbol.isEmpty() ? new Dimension.Unknown() : new Dimension.Symbol(symbol);
    }

    private static String describe(Signature.Type type) {
        return switch (type) {
            case TensorType(var dataType, var _) -> "a tensor of " + dataType;
            case SequenceType _ -> "a sequence";
            case MapType _ -> "a map";
        };
    }
}
