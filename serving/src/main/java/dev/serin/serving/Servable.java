package dev.serin.serving;

import dev.serin.inference.Deadline;
import dev.serin.inference.Session;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.onnx.NativeHeap;
import dev.serin.registry.Digest;
import dev.serin.registry.store.StoredVersion;
import java.util.List;
import java.util.function.Function;

/**
 * A session that is warmed and golden-checked, with what is known of it. {@link #run} is for many threads; whoever loaded
 * it closes it, after the last run has returned.
 */
public final class Servable implements AutoCloseable {
    private final StoredVersion files; // a share of its own
    private final Session session;
    private final LoadReport report;
    private final Scales scales;

    /** @param scales on which the session was weighed */
    Servable(StoredVersion files, Session session, LoadReport report, Scales scales) {
        this.files = files;
        this.session = session;
        this.report = report;
        this.scales = scales;
    }

    public Digest digest() {
        return files.digest();
    }

    public Signature signature() {
        return session.signature();
    }

    /** {@return how the load went} */
    public LoadReport report() {
        return report;
    }

    /** Runs the model once; see {@link Session#run}. */
    public List<Value> run(List<Tensor> inputs, Deadline deadline) {
        return session.run(inputs, deadline);
    }

    /** Runs the model once, and has what it gives taken from where it lies; see {@link Session#run(List, Deadline, Function)}. */
    public <T> T run(List<Tensor> inputs, Deadline deadline, Function<List<Value>, T> taking) {
        return session.run(inputs, deadline, taking);
    }

    @Override
    public void close() {
        try (files) { // let go of last: a session may have its weights mapped from them
            scales.whileClosing(session::close);
            NativeHeap.trim();
        }
    }
}
