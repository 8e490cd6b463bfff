package dev.serin.serving;

import dev.serin.inference.Deadline;
import dev.serin.inference.Session;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.SyntheticInputs;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The first runs of a session, on inputs made from its signature: they make ONNX Runtime allocate and choose what it
 * chooses once, show what a run costs, and prove whether requests may be run together.
 */
final class Warmup {
    private static final int RUNS = 16;

    private Warmup() {}

    /**
     * What the runs showed.
     *
     * @param typicalRunNanos the median
     */
    record Result(long typicalRunNanos, Optional<String> whyNotBatchable) {}

    static Result run(Session session, Deadline deadline) {
        long[] nanos = new long[RUNS];
        int done = 0;
        long budget = System.nanoTime() + 500_000_000L; // half a second is enough of a slow model
        while (done < RUNS && (done == 0 || System.nanoTime() < budget)) {
            long began = System.nanoTime();
            runBatch(session, 1, deadline);
            nanos[done++] = System.nanoTime() - began;
        }
        Arrays.sort(nanos, 0, done);
        return new Result(nanos[done / 2], whyNotBatchable(session, deadline));
    }

    private static Optional<String> whyNotBatchable(Session session, Deadline deadline) {
        return declared(session.signature()).or(() -> proven(session, deadline));
    }

    /** {@return why the signature forbids batches} */
    private static Optional<String> declared(Signature signature) {
        for (Port input : signature.inputs()) {
            if (!hasDynamicFirst(input.type())) {
                return Optional.of("input '%s' has no dynamic first dimension".formatted(input.name()));
            }
        }
        for (Port output : signature.outputs()) {
            if (!hasDynamicFirst(output.type()) && output.type() instanceof Signature.Type.TensorType) {
                return Optional.of("output '%s' has no dynamic first dimension".formatted(output.name()));
            }
        }
        return signature.inputs().isEmpty() ? Optional.of("it has no inputs") : Optional.empty();
    }

    private static boolean hasDynamicFirst(Signature.Type type) {
        return type instanceof Signature.Type.TensorType tensor
                && !tensor.shape().isEmpty()
                && !(tensor.shape().getFirst() instanceof Dimension.Fixed);
    }

    /** {@return what a pair gives other than two singles would} */
    private static Optional<String> proven(Session session, Deadline deadline) {
        List<Value> single = runBatch(session, 1, deadline);
        List<Value> pair;
        try {
            pair = runBatch(session, 2, deadline);
        } catch (dev.serin.inference.DeadlineExceededException e) {
            throw e;
        } catch (dev.serin.inference.InferenceException e) { // it takes one at a time, whatever it declares
            return Optional.of("a batch of two fails");
        }
        for (int i = 0; i < single.size(); i++) {
            if (rows(single.get(i)) != 1 || rows(pair.get(i)) != 2) {
                return Optional.of("output '%s' has %d rows for one request and %d for two"
                        .formatted(
                                session.signature().outputs().get(i).name(), rows(single.get(i)), rows(pair.get(i))));
            }
        }
        return Optional.empty();
    }

    private static long rows(Value value) {
        return switch (value) {
            case Tensor tensor -> tensor.shape().length == 0 ? -1 : tensor.shape()[0];
            case Value.Sequence sequence -> sequence.elements().size();
            case Value.Mapping _ -> -1;
        };
    }

    private static List<Value> runBatch(Session session, int batch, Deadline deadline) {
        List<Tensor> inputs = SyntheticInputs.of(session.signature(), batch);
        try {
            return session.run(inputs, deadline);
        } finally {
            inputs.forEach(Tensor::close);
        }
    }
}
