package dev.serin.inference.modelfile;

import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.Signature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What Serin must know of a {@code model.onnx} before ONNX Runtime sees it. Immutable.
 *
 * @param irVersion version of the file format
 * @param opsets operator-set domain ({@code ai.onnx} for the default one) to version
 * @param signature as the file declares it; a session may know more about the shapes of outputs
 * @param nodeCount of the graph with all its subgraphs and functions
 * @param externalData locations named by initializers, each inside the version's folder
 */
public record ModelFile(
        long irVersion, SortedMap<String, Long> opsets, Signature signature, int nodeCount, List<String> externalData) {
    /** Protobuf's own. */
    private static final long MAX_BYTES = Integer.MAX_VALUE;

    private static final int HEAD_BYTES = 16;

    public ModelFile {
        opsets = Collections.unmodifiableSortedMap(new TreeMap<>(opsets));
        externalData = List.copyOf(externalData);
    }

    /**
     * Walks the file without loading its weights.
     *
     * @throws ModelRefusedException when it is not an ONNX model, breaks a limit, uses an operator set or IR version that
     *     this build does not run, or names external data outside its folder
     * @throws UncheckedIOException when the file cannot be read
     */
    public static ModelFile read(Path model) {
        try (FileChannel channel = FileChannel.open(model, StandardOpenOption.READ)) {
            return read(model, channel);
        } catch (MalformedException e) {
            throw new ModelRefusedException(model.getFileName() + " " + e.getMessage(), e);
        } catch (NoSuchFileException e) {
            throw new ModelRefusedException(model.getFileName() + " is not there", e);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + model, e);
        }
    }

    private static ModelFile read(Path model, FileChannel channel) throws IOException {
        if (channel.size() == 0) {
            throw new MalformedException("is empty");
        }
        if (channel.size() > MAX_BYTES) {
            throw new MalformedException("has %d bytes; ONNX files end at 2 GiB, larger weights go into external data"
                    .formatted(channel.size()));
        }
        Path folder = model.toAbsolutePath().getParent();
        ModelReader reader =
                new ModelReader(new ProtoReader(channel), new ExternalFiles(folder == null ? model : folder));
        try {
            return reader.read();
        } catch (MalformedException e) {
            throw reader.sawModel()
                    ? e
                    : new MalformedException("is not an ONNX model: it begins with " + head(channel));
        }
    }

    private static String head(FileChannel channel) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
        int length = Math.max(0, channel.read(head, 0));
        byte[] bytes = head.array();
        int text = 0;
        while (text < length && bytes[text] >= ' ' && bytes[text] < 0x7F) {
            text++;
        }
        return text >= 4
                ? "'" + new String(bytes, 0, text, StandardCharsets.US_ASCII) + "'"
                : "the bytes " + HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(length, 8));
    }
}
