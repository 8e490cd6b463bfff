package dev.serin.inference.modelfile;

import dev.serin.inference.Signature;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads one {@code ModelProto} from its first field to its last. */
final class ModelReader {
    private static final int MAX_NAME_BYTES = 1024;

    private final ProtoReader in;
    private final ExternalFiles files;
    private final GraphReader graph;
    private final SortedMap<String, Long> opsets = new TreeMap<>();
    private final Set<String> functions = new HashSet<>();
    private long irVersion;
    private boolean hasGraph;

    ModelReader(ProtoReader in, ExternalFiles files) {
        this.in = in;
        this.files = files;
        this.graph = new GraphReader(in, files);
    }

    ModelFile read() throws IOException {
        for (int field = in.next(); field != 0; field = in.next()) {
            switch (field) {
                case 1 -> irVersion = in.number();
                case 7 -> {
                    hasGraph = true;
                    graph.readMain();
                }
                case 8 -> in.message("operator set", this::opset);
                case 25 -> functions.add(graph.readFunction());
                default -> in.skip();
            }
        }
        return checked();
    }

    /** {@return whether anything has been read that only models have} */
    boolean sawModel() {
        return irVersion != 0 || hasGraph;
    }

    private void opset() throws IOException {
        String domain = "";
        long version = 0;
        for (int field = in.next(); field != 0; field = in.next()) {
            switch (field) {
                case 1 -> domain = in.text(MAX_NAME_BYTES);
                case 2 -> version = in.number();
                default -> in.skip();
            }
        }
        opsets.put(domain.isEmpty() ? Capabilities.ONNX : domain, version);
    }

    private ModelFile checked() {
        if (!hasGraph) {
            throw new MalformedException("has no graph; was it copied to its end?");
        }
        Capabilities.checkIrVersion(irVersion);
        Capabilities.checkOpsets(opsets);
        Capabilities.checkOperators(graph.operators(), functions);
        Signature signature = new Signature(graph.inputs(), graph.outputs());
        if (signature.outputs().isEmpty()) {
            throw new MalformedException("has no output");
        }
        return new ModelFile(irVersion, opsets, signature, graph.nodeCount(), files.locations());
    }
}
