package dev.serin.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.InferenceException;
import dev.serin.inference.Session;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A session of ONNX Runtime. Every native object of a run is closed before the run returns. */
final class OnnxSession implements Session {
    private final OrtEnvironment environment;
    private final RunWatchdog watchdog;
    private final OrtSession session;
    private final Signature signature;
    private final Optional<NativeRun> nativeRun;
    private final Set<String> outputNames = new LinkedHashSet<>(); // in the order of the signature
    private boolean closed; // guarded by this

    OnnxSession(OrtEnvironment environment, RunWatchdog watchdog, OrtSession session, Signature signature) {
        this.environment = environment;
        this.watchdog = watchdog;
        this.session = session;
        this.signature = signature;
        this.nativeRun = NativeRun.of(session, signature);
        signature.outputs().forEach(port -> outputNames.add(port.name()));
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public List<Value> run(List<Tensor> inputs, Deadline deadline) {
        if (deadline.hasPassed()) {
            throw new DeadlineExceededException();
        }
        return nativeRun.isPresent()
                ? run(nativeRun.get(), inputs, watchdog.begin(deadline))
                : runByBinding(inputs, deadline);
    }

    private List<Value> run(NativeRun way, List<Tensor> inputs, RunSlot slot) {
        List<Value> outputs;
        try {
            if (inputs.size() != signature.inputs().size()) {
                throw new IllegalArgumentException("%d inputs for %d ports"
                        .formatted(inputs.size(), signature.inputs().size()));
            }
            outputs = way.run(inputs, slot.optionsAddress(), slot.scratch(way.scratchLongs(inputs)));
        } catch (RuntimeException | Error e) {
            if (slot.end()) { // our own word for it: the native message does not tell
                throw new DeadlineExceededException();
            }
            throw e;
        }
        slot.end(); // cut off too late to matter: the answer is there
        return outputs;
    }

    private List<Value> runByBinding(List<Tensor> inputs, Deadline deadline) {
        try (Feed feed = Feed.of(environment, signature.inputs(), inputs);
                OrtSession.Result result = run(feed, watchdog.begin(deadline))) {
            return Values.of(result);
        } catch (OrtException e) {
            throw new InferenceException("The model failed: " + e.getMessage(), e);
        }
    }

    private OrtSession.Result run(Feed feed, RunSlot slot) throws OrtException {
        OrtSession.Result result;
        try {
            result = session.run(feed.tensors(), outputNames, slot.options());
        } catch (OrtException | RuntimeException | Error e) {
            if (slot.end()) { // our own word for it: the native message does not tell
                throw new DeadlineExceededException();
            }
            throw e;
        }
        slot.end(); // cut off too late to matter: the answer is there
        return result;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            session.close();
        } catch (OrtException e) {
            throw new InferenceException("Cannot close the session: " + e.getMessage(), e);
        }
    }
}
