package dev.serin.inference.onnx;

import dev.serin.inference.DataType;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.MapType;
import dev.serin.inference.Signature.Type.SequenceType;
import dev.serin.inference.Signature.Type.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** Reads the signature of a session and refuses what we do not feed. One thread's, for one session. */
final class Signatures {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final long LONGEST_TEXT = 64 << 10; // of names; the walk of the file has seen them before

    private static final int TENSOR = 1; // ONNXType
    private static final int SEQUENCE = 2;
    private static final int MAP = 3;

    private static final MethodHandle INPUTS = CApi.SESSION_GET_INPUT_COUNT.handle();
    private static final MethodHandle INPUT_NAME = CApi.SESSION_GET_INPUT_NAME.handle();
    private static final MethodHandle INPUT_TYPE = CApi.SESSION_GET_INPUT_TYPE_INFO.handle();
    private static final MethodHandle OUTPUTS = CApi.SESSION_GET_OUTPUT_COUNT.handle();
    private static final MethodHandle OUTPUT_NAME = CApi.SESSION_GET_OUTPUT_NAME.handle();
    private static final MethodHandle OUTPUT_TYPE = CApi.SESSION_GET_OUTPUT_TYPE_INFO.handle();
    private static final MethodHandle FREE = CApi.ALLOCATOR_FREE.handle();
    private static final MethodHandle KIND = CApi.GET_ONNX_TYPE_FROM_TYPE_INFO.handle();
    private static final MethodHandle AS_TENSOR = CApi.CAST_TYPE_INFO_TO_TENSOR_INFO.handle();
    private static final MethodHandle ELEMENT_TYPE = CApi.GET_TENSOR_ELEMENT_TYPE.handle();
    private static final MethodHandle RANK = CApi.GET_DIMENSIONS_COUNT.handle();
    private static final MethodHandle DIMENSIONS = CApi.GET_DIMENSIONS.handle();
    private static final MethodHandle SYMBOLS = CApi.GET_SYMBOLIC_DIMENSIONS.handle();
    private static final MethodHandle AS_SEQUENCE = CApi.CAST_TYPE_INFO_TO_SEQUENCE_TYPE_INFO.handle();
    private static final MethodHandle ELEMENT = CApi.GET_SEQUENCE_ELEMENT_TYPE.handle();
    private static final MethodHandle AS_MAP = CApi.CAST_TYPE_INFO_TO_MAP_TYPE_INFO.handle();
    private static final MethodHandle KEY = CApi.GET_MAP_KEY_TYPE.handle();
    private static final MethodHandle VALUE = CApi.GET_MAP_VALUE_TYPE.handle();
    private static final MethodHandle RELEASE = CApi.RELEASE_TYPE_INFO.handle();

    private final long session;
    private final Arena arena;
    private final MemorySegment out;

    private Signatures(long session, Arena arena) {
        this.session = session;
        this.arena = arena;
        this.out = arena.allocate(LONG);
    }

    static Signature of(long session) {
        try (Arena arena = Arena.ofConfined()) {
            return new Signatures(session, arena).read();
        } catch (Throwable e) { // method handles declare no less
            throw OrtFailure.unchecked(e);
        }
    }

    private Signature read() throws Throwable {
        List<Port> inputs = new ArrayList<>();
        for (long i = 0, count = count(INPUTS); i < count; i++) {
            inputs.add(fed(port("input", i, INPUT_NAME, INPUT_TYPE)));
        }
        List<Port> outputs = new ArrayList<>();
        for (long i = 0, count = count(OUTPUTS); i < count; i++) {
            outputs.add(port("output", i, OUTPUT_NAME, OUTPUT_TYPE));
        }
        return new Signature(inputs, outputs);
    }

    private static Port fed(Port port) {
        if (!(port.type() instanceof TensorType)) {
            throw new ModelRefusedException("input '%s' is %s, which this build cannot feed; it feeds tensors"
                    .formatted(port.name(), port.type() instanceof MapType ? "a map" : "a sequence"));
        }
        return port;
    }

    private long count(MethodHandle of) throws Throwable {
        OrtFailure.check((long) of.invokeExact(session, out.address()));
        return out.get(LONG, 0);
    }

    private Port port(String role, long index, MethodHandle nameOf, MethodHandle typeOf) throws Throwable {
        String name = name(index, nameOf);
        OrtFailure.check((long) typeOf.invokeExact(session, index, out.address()));
        return new Port(name, released(out.get(LONG, 0), new Place(role, name)));
    }

    private String name(long index, MethodHandle of) throws Throwable {
        OrtFailure.check((long) of.invokeExact(session, index, NativeStrings.ALLOCATOR, out.address()));
        long address = out.get(LONG, 0);
        try {
            return text(address);
        } finally {
            OrtFailure.check((long) FREE.invokeExact(NativeStrings.ALLOCATOR, address));
        }
    }

    @SuppressWarnings("restricted") // a string of C, read to its end
    private static String text(long address) {
        return MemorySegment.ofAddress(address).reinterpret(LONGEST_TEXT).getString(0);
    }

    /** Which input or output is read, for messages. */
    private record Place(String role, String name) {
        ModelRefusedException unknown(String type) {
            return new ModelRefusedException(
                    "%s '%s' has %s, which this build does not know".formatted(role, name, type));
        }

        DataType element(int number) {
            return DataType.ofOnnxNumber(number)
                    .orElseThrow(() -> unknown("the element type %d of ONNX".formatted(number)));
        }
    }

    /** Reads a type information that is ours to release. */
    private Signature.Type released(long info, Place place) throws Throwable {
        try {
            return type(info, place);
        } finally {
            RELEASE.invokeExact(info);
        }
    }

    private Signature.Type type(long info, Place place) throws Throwable {
        OrtFailure.check((long) KIND.invokeExact(info, out.address()));
        int kind = out.get(ValueLayout.JAVA_INT, 0);
        return switch (kind) {
            case TENSOR -> tensor(part(AS_TENSOR, info), place);
            case SEQUENCE ->
                switch (released(part(ELEMENT, part(AS_SEQUENCE, info)), place)) {
                    case TensorType(var element, var _) -> new SequenceType(new TensorType(element, List.of()));
                    case MapType map -> new SequenceType(map);
                    case SequenceType _ -> throw place.unknown("a sequence of sequences");
                };
            case MAP -> map(part(AS_MAP, info), place);
            default -> throw place.unknown("the type %d of ONNX".formatted(kind));
        };
    }

    private long part(MethodHandle of, long info) throws Throwable {
        OrtFailure.check((long) of.invokeExact(info, out.address()));
        return out.get(LONG, 0);
    }

    private MapType map(long info, Place place) throws Throwable {
        OrtFailure.check((long) KEY.invokeExact(info, out.address()));
        DataType key = place.element(out.get(ValueLayout.JAVA_INT, 0));
        return switch (released(part(VALUE, info), place)) {
            case TensorType(var value, var _) -> new MapType(key, value);
            case MapType _, SequenceType _ -> throw place.unknown("a map of maps or sequences");
        };
    }

    private TensorType tensor(long info, Place place) throws Throwable {
        OrtFailure.check((long) ELEMENT_TYPE.invokeExact(info, out.address()));
        DataType element = place.element(out.get(ValueLayout.JAVA_INT, 0));
        long rank = part(RANK, info);
        MemorySegment lengths = arena.allocate(LONG, rank + 1);
        MemorySegment symbols = arena.allocate(LONG, rank + 1);
        OrtFailure.check((long) DIMENSIONS.invokeExact(info, lengths.address(), rank));
        OrtFailure.check((long) SYMBOLS.invokeExact(info, symbols.address(), rank));
        List<Dimension> shape = new ArrayList<>();
        for (long i = 0; i < rank; i++) {
            shape.add(dimension(lengths.getAtIndex(LONG, i), symbols.getAtIndex(LONG, i)));
        }
        return new TensorType(element, shape);
    }

    private static Dimension dimension(long length, long symbol) {
        if (length >= 0) {
            return new Dimension.Fixed(length);
        }
        String name = text(symbol);
        return name.isEmpty() ? new Dimension.Unknown() : new Dimension.Symbol(name);
    }
}
