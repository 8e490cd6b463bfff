package dev.serin.serving;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.inference.Deadline;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.registry.store.StoredVersion;
import java.util.Optional;

/** Makes servables; the only way from bytes to answers. Thread-safe. */
public final class ServableLoader {
    public ServableLoader(OnnxRuntime runtime) {
        throw new UnsupportedOperationException("to be written");
    }

    /**
     * Loads, warms and checks one version.
     *
     * @param signature what its manifest says it takes and gives; the graph must agree
     * @param deadline for warmup and goldens
     * @throws dev.serin.inference.ModelRefusedException when the model cannot be loaded, differs from its signature, or
     *     fails a golden; nothing stays loaded then
     */
    public Servable load(StoredVersion version, Optional<JsonNode> signature, Deadline deadline) {
        throw new UnsupportedOperationException("to be written");
    }
}
