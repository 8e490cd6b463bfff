package dev.serin.gateway.sessions;

import dev.serin.inference.Deadline;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digest;
import dev.serin.registry.store.StoredVersion;
import dev.serin.serving.Servable;
import dev.serin.serving.ServableLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Real servables of small models, for tests. */
public final class LoadedModels {
    private final ServableLoader loader = new ServableLoader(OnnxRuntime.start(1), () -> {});
    private final Path directory;

    public LoadedModels(Path directory) {
        this.directory = directory;
    }

    /** Writes a model where {@link #load} finds it. */
    public Digest add(String name, byte[] model) throws IOException {
        Path folder = Files.createDirectories(directory.resolve(name));
        Files.write(folder.resolve("model.onnx"), model);
        return digest(name);
    }

    /** {@return it, loaded; whoever wants it closes it} */
    public Servable load(String name) {
        Path folder = directory.resolve(name);
        Artifact model = new Artifact(
                ArtifactPath.MODEL, folder.resolve("model.onnx").toFile().length(), digest(name));
        return loader.load(
                new StoredVersion(digest(name), folder, List.of(model), Duration.ZERO, Duration.ZERO),
                Optional.empty(),
                Deadline.after(Duration.ofSeconds(10)));
    }

    private static Digest digest(String name) {
        return new Digest("%064x".formatted(name.hashCode() & 0xffffffffL));
    }
}
