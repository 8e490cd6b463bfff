package dev.serin.inference;

import java.util.List;
import java.util.function.Function;

/**
 * A model loaded into ONNX Runtime. {@link #run} may be called by many threads at once, but never during or after
 * {@link #close()}: the process would die. Leases in {@code gateway.sessions} see to that.
 */
public interface Session extends AutoCloseable {
    Signature signature();

    /**
     * Runs the model once.
     *
     * @param inputs one tensor per input of the signature, in its order; they stay the caller's and must not be closed
     *     before this returns
     * @param deadline when it passes, the run is terminated
     * @return one value per output of the signature, in its order, on the Java heap
     * @throws DeadlineExceededException when the deadline has passed, before or during the run
     * @throws InferenceException when the model fails on these inputs
     */
    List<Value> run(List<Tensor> inputs, Deadline deadline);

    /**
     * Runs the model once, and has what it gives taken from where it lies, so that it is copied no more than once.
     *
     * @param taking called once, on this thread, before this returns, with what {@link #run(List, Deadline)} returns. The buffers of tensors may
     *     be native memory that is gone afterwards, so they must not be kept
     * @return what {@code taking} does
     */
    default <T> T run(List<Tensor> inputs, Deadline deadline, Function<List<Value>, T> taking) {
        return taking.apply(run(inputs, deadline));
    }

    @Override
    void close();
}
