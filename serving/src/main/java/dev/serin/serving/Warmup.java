package dev.serin.serving;

import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.InferenceException;
import dev.serin.inference.Session;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Dimension;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.SyntheticInputs;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.batch.Agreement;
import dev.serin.inference.batch.Batch;
import java.util.ArrayList;
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

    /**
     * {@return what a pair gives other than two singles do} Asked in either order: a row that is all zeros is what many ways of
     * mixing leave as it is.
     */
    private static Optional<String> proven(Session session, Deadline deadline) {
        List<List<Tensor>> rows =
                Batch.split(List.copyOf(SyntheticInputs.pair(session.signature())), new int[] {1, 1}).stream()
                        .map(row -> row.stream().map(Tensor.class::cast).toList())
                        .toList();
        List<List<Value>> alone = new ArrayList<>();
        for (List<Tensor> row : rows) {
            Optional<List<Value>> outputs = run(session, row, deadline);
            if (outputs.isEmpty()) {
                return Optional.of(
                        "it fails on a row of ones, and so cannot be asked whether its rows depend on each other");
            }
            alone.add(outputs.get());
        }
        return proven(session, rows, alone, deadline)
                .or(() -> proven(session, rows.reversed(), alone.reversed(), deadline));
    }

    private static Optional<String> proven(
            Session session, List<List<Tensor>> rows, List<List<Value>> alone, Deadline deadline) {
        List<Tensor> pair = Batch.concatenate(rows);
        try {
            return run(session, pair, deadline)
                    .map(outputs -> difference(session.signature(), alone, outputs))
                    .orElse(Optional.of("a batch of two fails")); // it takes one at a time, whatever it declares
        } finally {
            pair.forEach(Tensor::close);
        }
    }

    private static Optional<List<Value>> run(Session session, List<Tensor> inputs, Deadline deadline) {
        try {
            return Optional.of(session.run(inputs, deadline));
        } catch (DeadlineExceededException e) {
            throw e;
        } catch (InferenceException _) { // what it does not take tells nothing else
            return Optional.empty();
        }
    }

    private static Optional<String> difference(Signature signature, List<List<Value>> singles, List<Value> pair) {
        for (int i = 0; i < pair.size(); i++) {
            long one = rows(singles.getFirst().get(i));
            if (one != 1 || rows(pair.get(i)) != 2) {
                return Optional.of("output '%s' has %d rows for one request and %d for two"
                        .formatted(signature.outputs().get(i).name(), one, rows(pair.get(i))));
            }
        }
        List<List<Value>> shares = Batch.split(pair, new int[] {1, 1});
        return Agreement.between(singles.getFirst(), shares.getFirst())
                        && Agreement.between(singles.getLast(), shares.getLast())
                ? Optional.empty()
                : Optional.of("a row's answer depends on the other rows of its batch");
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
