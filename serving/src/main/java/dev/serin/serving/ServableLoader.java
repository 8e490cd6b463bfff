package dev.serin.serving;

import com.fasterxml.jackson.databind.JsonNode;
import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.InferenceException;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.Session;
import dev.serin.inference.Signature;
import dev.serin.inference.SyntheticInputs;
import dev.serin.inference.Tensor;
import dev.serin.inference.json.NativeJson;
import dev.serin.inference.json.SignatureJson;
import dev.serin.inference.modelfile.ModelFile;
import dev.serin.inference.onnx.NativeHeap;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.inference.onnx.OnnxRuntime.Threads;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.store.StoredVersion;
import dev.serin.serving.Scales.Weighing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Makes servables; the only way from bytes to answers. Thread-safe. */
public final class ServableLoader {
    private static final long LARGE_BYTES = 64 << 20;

    private final OnnxRuntime runtime;
    private final Scales scales;
    private final Runnable giveWay;

    /**
     * Makes a loader; the runtime stays the caller's and must outlive every servable.
     *
     * @param giveWay called before each run that is measured; may wait for those that matter more
     */
    public ServableLoader(OnnxRuntime runtime, Runnable giveWay) {
        this(runtime, giveWay, NativeHeap::inUse);
    }

    /** @param nativeHeap bytes in use of what sessions are made from; empty where nobody can tell */
    public ServableLoader(OnnxRuntime runtime, Runnable giveWay, Supplier<OptionalLong> nativeHeap) {
        this.runtime = runtime;
        this.giveWay = giveWay;
        this.scales = new Scales(nativeHeap);
    }

    /**
     * Loads, warms and checks one version. The servable keeps a share of the files; the version given stays the caller's.
     *
     * @param signature what its manifest says it takes and gives; the graph must agree
     * @param deadline for warmup and goldens
     * @throws ModelRefusedException when the model cannot be loaded, differs from its signature, or fails a golden; nothing
     *     stays loaded then
     */
    public Servable load(StoredVersion version, Optional<JsonNode> signature, Deadline deadline) {
        Duration allowed = Duration.ofNanos(deadline.remainingNanos());
        Stopwatch stopwatch = new Stopwatch();
        Path model = version.directory().resolve(ArtifactPath.MODEL.value());
        ModelFile file = ModelFile.read(model);
        signature.ifPresent(declared -> check(declared, file.signature()));
        Duration read = stopwatch.lap();
        Made made = session(model, version.bytes(), deadline);
        Session session = made.session();
        Duration create = stopwatch.lap();
        boolean ready = false;
        try {
            Warmup.Result warmup = Warmup.run(session, deadline, giveWay);
            Goldens goldens = Goldens.of(version);
            int agreed = goldens.check(session, deadline);
            LoadReport report = new LoadReport(
                    read,
                    create,
                    stopwatch.lap(),
                    made.memoryBytes(),
                    agreed,
                    warmup.whyNotBatchable().isEmpty(),
                    warmup.whyNotBatchable().orElse(""),
                    warmup.typicalRunNanos(),
                    made.threads() == Threads.CALLERS,
                    goldens.firstRequest().orElseGet(() -> synthesised(session.signature())));
            ready = true;
            return new Servable(version.share(), session, report, scales);
        } catch (DeadlineExceededException e) {
            throw new ModelRefusedException(
                    "it was not loaded and warmed within %d s, sessions.load-timeout"
                            .formatted(allowed.plusMillis(500).toSeconds()),
                    e);
        } catch (InferenceException e) {
            throw new ModelRefusedException("it fails on inputs made from its own signature", e);
        } finally {
            if (!ready) {
                scales.whileClosing(session::close);
            }
        }
    }

    /**
     * Threads within a run halve the time of a long one, and multiply that of a short one, which waits for them to wake: a
     * random forest of 100 rows takes 29 µs on its caller's thread and 70 on two callers' and the pool's. So those that turn
     * out to be long are made again.
     */
    private Made session(Path model, long fileBytes, Deadline deadline) {
        if (isLarge(model)) {
            return make(model, Threads.SHARED, fileBytes);
        }
        Made made = make(model, Threads.CALLERS, fileBytes);
        boolean stays = false;
        try {
            stays = Warmup.isShort(made.session(), deadline, giveWay);
        } finally {
            if (!stays) {
                scales.whileClosing(made.session()::close);
            }
        }
        return stays ? made : make(model, Threads.SHARED, fileBytes);
    }

    private Made make(Path model, Threads threads, long fileBytes) {
        try (Weighing weighing = scales.begin(fileBytes)) {
            Session session = runtime.load(model, threads);
            return new Made(session, threads, weighing.made());
        }
    }

    private record Made(Session session, Threads threads, OptionalLong memoryBytes) {}

    /** {@return whether making a session of it once more would take long} */
    private static boolean isLarge(Path model) {
        try {
            return Files.size(model) > LARGE_BYTES;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read the size of a verified file", e);
        }
    }

    private static String synthesised(Signature signature) {
        List<Tensor> inputs = SyntheticInputs.of(signature, 1);
        try {
            return NativeJson.example(signature, inputs);
        } finally {
            inputs.forEach(Tensor::close);
        }
    }

    private static void check(JsonNode declared, Signature actual) {
        SignatureJson.difference(SignatureJson.read(declared), actual).ifPresent(difference -> {
            throw new ModelRefusedException("model.onnx differs from the manifest's signature: " + difference);
        });
    }

    /** Time since the last lap. */
    private static final class Stopwatch {
        private long since = System.nanoTime();

        Duration lap() {
            long now = System.nanoTime();
            Duration lap = Duration.ofNanos(now - since);
            since = now;
            return lap;
        }
    }
}
