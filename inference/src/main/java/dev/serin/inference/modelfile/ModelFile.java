package dev.serin.inference.modelfile;

import dev.serin.inference.Signature;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;

/**
 * What Serin must know of a {@code model.onnx} before ONNX Runtime sees it.
 *
 * @param irVersion version of the file format
 * @param opsets operator-set domain ({@code ai.onnx} for the default one) to version
 * @param externalData locations named by initializers, each inside the version's folder
 */
public record ModelFile(
        long irVersion, SortedMap<String, Long> opsets, Signature signature, int nodeCount, List<String> externalData) {
    public ModelFile {
        externalData = List.copyOf(externalData);
    }

    /**
     * Walks the file without loading its weights.
     *
     * @throws dev.serin.inference.ModelRefusedException when it is not an ONNX model, breaks a limit, uses an operator set
     *     or IR version that this build does not run, or names external data outside its folder
     * @throws java.io.UncheckedIOException when the file cannot be read
     */
    public static ModelFile read(Path model) {
        throw new UnsupportedOperationException(model.toString());
    }
}
