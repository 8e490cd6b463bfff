package dev.serin.inference.modelfile;

import dev.serin.inference.Signature.Port;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads graphs and functions with all that hangs below them; keeps what stands at the top of the main graph. */
final class GraphReader {
    private static final int MAX_NODES = 1_000_000;
    private static final int MAX_PORTS = 10_000;
    private static final int MAX_NAME_BYTES = 10_000;
    private static final long MAX_SPARSE_ELEMENTS = 1 << 28;

    private final ProtoReader in;
    private final ExternalFiles files;
    private final List<Port> inputs = new ArrayList<>();
    private final List<Port> outputs = new ArrayList<>();
    private final Set<String> initializers = new HashSet<>();
    private final Map<String, String> operators = new LinkedHashMap<>(); // domain → the first operator used of it
    private int nodes;

    GraphReader(ProtoReader in, ExternalFiles files) {
        this.in = in;
        this.files = files;
    }

    /** Reads the main graph, which is the current field. */
    void readMain() throws IOException {
        in.message("graph", () -> {
            for (int field = in.next(); field != 0; field = in.next()) {
                switch (field) {
                    case 11 -> add(inputs, ValueReader.input(in));
                    case 12 -> add(outputs, ValueReader.output(in));
                    default -> partOfGraph(field);
                }
            }
        });
    }

    /** Reads the body of a function, whose field is current. {@return its domain} */
    String readFunction() throws IOException {
        String[] domain = {""};
        in.message("function", () -> {
            for (int field = in.next(); field != 0; field = in.next()) {
                switch (field) {
                    case 7 -> in.message("node", this::node);
                    case 10 -> domain[0] = in.text(MAX_NAME_BYTES);
                    case 11 -> in.message("attribute", this::attribute);
                    default -> in.skip();
                }
            }
        });
        return domain[0];
    }

    /** {@return what the caller has to feed: inputs that have no value of their own} */
    List<Port> inputs() {
        return inputs.stream()
                .filter(port -> !initializers.contains(port.name()))
                .toList();
    }

    List<Port> outputs() {
        return outputs;
    }

    int nodeCount() {
        return nodes;
    }

    /** {@return domains of the operators used, each with one of them} */
    Map<String, String> operators() {
        return operators;
    }

    private void add(List<Port> ports, Port port) {
        if (inputs.size() + outputs.size() == MAX_PORTS) {
            throw new MalformedException("has more than %d inputs and outputs".formatted(MAX_PORTS));
        }
        ports.add(port);
    }

    private void subgraph() throws IOException {
        in.message("subgraph", () -> {
            for (int field = in.next(); field != 0; field = in.next()) {
                partOfGraph(field);
            }
        });
    }

    private void partOfGraph(int field) throws IOException {
        switch (field) {
            case 1 -> in.message("node", this::node);
            case 5 -> initializer(TensorReader.read(in, files));
            case 15 -> in.message("sparse tensor", this::sparse);
            default -> in.skip();
        }
    }

    private void initializer(String name) {
        if (initializers.add(name) && initializers.size() > MAX_NODES) {
            throw new MalformedException("has more than %d initializers".formatted(MAX_NODES));
        }
    }

    private void node() throws IOException {
        if (++nodes > MAX_NODES) {
            throw new MalformedException("has more than %d nodes".formatted(MAX_NODES));
        }
        String operator = "";
        String domain = "";
        for (int field = in.next(); field != 0; field = in.next()) {
            switch (field) {
                case 4 -> operator = in.text(MAX_NAME_BYTES);
                case 5 -> in.message("attribute", this::attribute);
                case 7 -> domain = in.text(MAX_NAME_BYTES);
                default -> in.skip();
            }
        }
        operators.putIfAbsent(domain, operator);
    }

    private void attribute() throws IOException {
        for (int field = in.next(); field != 0; field = in.next()) {
            switch (field) {
                case 5, 10 -> TensorReader.read(in, files);
                case 6, 11 -> subgraph();
                case 22, 23 -> in.message("sparse tensor", this::sparse);
                default -> in.skip();
            }
        }
    }

    private void sparse() throws IOException {
        long[] elements = {1};
        for (int field = in.next(); field != 0; field = in.next()) {
            switch (field) {
                case 1 -> initializer(TensorReader.read(in, files));
                case 2 -> TensorReader.read(in, files);
                case 3 -> in.numbers(length -> elements[0] = dense(elements[0], length));
                default -> in.skip();
            }
        }
    }

    /** A sparse tensor is made dense when it is loaded. */
    private static long dense(long elements, long length) {
        if (length < 0 || length > MAX_SPARSE_ELEMENTS || elements * length > MAX_SPARSE_ELEMENTS) {
            throw new MalformedException("has a sparse tensor of more than %d elements".formatted(MAX_SPARSE_ELEMENTS));
        }
        return elements * length;
    }
}
