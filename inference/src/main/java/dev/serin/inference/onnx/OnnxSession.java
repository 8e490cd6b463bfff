package dev.serin.inference.onnx;

import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.InferenceException;
import dev.serin.inference.Session;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A session of ONNX Runtime. Every native object of a run is released before the run returns. */
final class OnnxSession implements Session {
    private static final MethodHandle CREATE = CApi.CREATE_SESSION.handle();
    private static final MethodHandle RELEASE = CApi.RELEASE_SESSION.handle();

    private final RunWatchdog watchdog;
    private final long address;
    private final Signature signature;
    private final NativeRun nativeRun;
    private boolean closed; // guarded by this

    private OnnxSession(RunWatchdog watchdog, long address, Signature signature) {
        this.watchdog = watchdog;
        this.address = address;
        this.signature = signature;
        this.nativeRun = new NativeRun(address, signature);
    }

    /**
     * Makes a session of a model file.
     *
     * @throws OrtFailure when ONNX Runtime refuses it
     * @throws dev.serin.inference.ModelRefusedException when it needs what we do not feed
     */
    static OnnxSession of(Path model, OnnxRuntime.Threads threads, long environment, RunWatchdog watchdog) {
        long address = create(model, threads, environment);
        try {
            return new OnnxSession(watchdog, address, Signatures.of(address));
        } catch (RuntimeException | Error e) {
            release(address);
            throw e;
        }
    }

    private static long create(Path model, OnnxRuntime.Threads threads, long environment) {
        try (Arena arena = Arena.ofConfined();
                SessionOptions options = new SessionOptions(threads)) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            byte[] name = model.toString().getBytes(ofPaths());
            MemorySegment path = arena.allocate(name.length + 2L); // zeros behind it
            MemorySegment.copy(name, 0, path, ValueLayout.JAVA_BYTE, 0, name.length);
            OrtFailure.check((long) CREATE.invokeExact(environment, path.address(), options.address(), out.address()));
            return out.get(ValueLayout.JAVA_LONG, 0);
        } catch (Throwable e) { // method handles declare no less
            throw OrtFailure.unchecked(e);
        }
    }

    /** {@return in what the operating system takes names of files} */
    private static Charset ofPaths() {
        return System.getProperty("os.name", "").startsWith("Windows")
                ? StandardCharsets.UTF_16LE
                : Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public List<Value> run(List<Tensor> inputs, Deadline deadline) {
        return run(inputs, deadline, null, Function.identity());
    }

    @Override
    public <T> T run(List<Tensor> inputs, Deadline deadline, Function<List<Value>, T> taking) {
        try (Arena lent = Arena.ofConfined()) {
            return run(inputs, deadline, lent, taking);
        }
    }

    private <T> T run(List<Tensor> inputs, Deadline deadline, @Nullable Arena lent, Function<List<Value>, T> taking) {
        if (inputs.size() != signature.inputs().size()) {
            throw new IllegalArgumentException("%d inputs for %d ports"
                    .formatted(inputs.size(), signature.inputs().size()));
        }
        if (deadline.hasPassed()) {
            throw new DeadlineExceededException();
        }
        RunSlot slot = watchdog.begin(deadline);
        T taken;
        try {
            taken = nativeRun.run(inputs, slot.options(), slot.scratch(nativeRun.scratchLongs(inputs)), lent, taking);
        } catch (OrtFailure e) {
            throw slot.end() // our own word for it: the native message does not tell
                    ? new DeadlineExceededException()
                    : new InferenceException("The model failed: " + e.getMessage(), e);
        } catch (RuntimeException | Error e) { // of what it gave, or of who took that
            slot.end();
            throw e;
        }
        slot.end(); // cut off too late to matter: the answer is there
        return taken;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            release(address);
        }
    }

    private static void release(long address) {
        try {
            RELEASE.invokeExact(address);
        } catch (Throwable e) { // as above
            throw OrtFailure.unchecked(e);
        }
    }
}
