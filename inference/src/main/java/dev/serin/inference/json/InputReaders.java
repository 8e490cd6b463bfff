package dev.serin.inference.json;

import dev.serin.inference.BufferPool;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.TensorType;
import dev.serin.inference.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The readers of one request's inputs, in the order of the signature. Closing closes those whose tensors nobody took. */
final class InputReaders implements AutoCloseable {
    private final Signature signature;
    private final Faults faults;
    private final List<InputReader> readers;

    InputReaders(Signature signature, BufferPool pool, Budget budget, Faults faults) {
        this.signature = signature;
        this.faults = faults;
        this.readers = new ArrayList<>(signature.inputs().size());
        for (Port port : signature.inputs()) {
            readers.add(new InputReader(port, tensorType(port), pool, budget, faults));
        }
    }

    static TensorType tensorType(Port port) {
        if (port.type() instanceof TensorType type) {
            return type;
        }
        throw new IllegalArgumentException("Input '%s' is no tensor: %s".formatted(port.name(), port.type()));
    }

    List<InputReader> all() {
        return readers;
    }

    boolean isSingle() {
        return readers.size() == 1;
    }

    InputReader single() {
        return readers.getFirst();
    }

    Optional<InputReader> find(String name) {
        for (InputReader reader : readers) { // a handful: no map
            if (reader.port().name().equals(name)) {
                return Optional.of(reader);
            }
        }
        return Optional.empty();
    }

    void unknown(String pointer, String name) {
        faults.add(
                pointer,
                "unknown",
                "Input '%s' is not known; %s"
                        .formatted(
                                Texts.cut(name),
                                Texts.instead(
                                        name,
                                        signature.inputs().stream()
                                                .map(Port::name)
                                                .toList())));
    }

    String names() {
        return Texts.list(Texts.names(signature.inputs()));
    }

    /** Checks that all inputs were given, in fitting shapes, and throws every fault that was found. */
    List<Tensor> tensors() {
        ShapeCheck shapes = new ShapeCheck(faults);
        for (InputReader reader : readers) {
            if (reader.isGiven()) {
                reader.check(shapes);
            } else {
                missing(reader.port());
            }
        }
        faults.throwIfAny();
        return take();
    }

    private void missing(Port port) {
        faults.add(
                "#/inputs",
                "missing",
                "Input '%s' is missing; the model takes %s.".formatted(Texts.cut(port.name()), names()));
    }

    private List<Tensor> take() {
        if (isSingle()) {
            return List.of(single().tensor());
        }
        List<Tensor> tensors = new ArrayList<>(readers.size());
        for (InputReader reader : readers) {
            tensors.add(reader.tensor());
        }
        return tensors;
    }

    @Override
    public void close() {
        readers.forEach(InputReader::close);
    }
}
