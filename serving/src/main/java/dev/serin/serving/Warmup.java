package dev.serin.serving;

import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.InferenceException;
import dev.serin.inference.ModelRefusedException;
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
import java.util.stream.IntStream;

/**
 * The first runs of a session, on inputs made from its signature: they make ONNX Runtime allocate and choose what it
 * chooses once, show what a run costs, and prove whether requests may be run together.
 */
final class Warmup {
    private static final int RUNS = 16;
    private static final int TRIES = 3;
    private static final long SHORT_NANOS = 1_000_000;
    private static final long ENOUGH_NANOS = 500_000_000; // of a slow model

    /** A request of one row for each of those made up. */
    private static final int[] SINGLES =
            IntStream.range(0, SyntheticInputs.UNLIKE_ROWS).map(_ -> 1).toArray();

    private Warmup() {}

    /**
     * What the runs showed.
     *
     * @param typicalRunNanos the median
     */
    record Result(long typicalRunNanos, Optional<String> whyNotBatchable) {}

    /** {@return whether a run for one takes less than a millisecond, or fails} By the quickest of a few: the first ones allocate. */
    static boolean isShort(Session session, Deadline deadline, Runnable giveWay) {
        for (int i = 0; i < TRIES; i++) {
            giveWay.run();
            long began = System.nanoTime();
            try {
                runBatch(session, 1, deadline);
            } catch (InferenceException _) { // the warmup is going to say so
                return true;
            }
            if (System.nanoTime() - began < SHORT_NANOS) {
                return true;
            }
        }
        return false;
    }

    static Result run(Session session, Deadline deadline, Runnable giveWay) {
        long[] nanos = new long[RUNS];
        int done = 0;
        long left = ENOUGH_NANOS;
        while (done < RUNS && left > 0) {
            giveWay.run(); // which is no part of what a run takes
            long began = System.nanoTime();
            runBatch(session, 1, deadline);
            nanos[done] = System.nanoTime() - began;
            left -= nanos[done++];
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
     * {@return what a batch of unlike rows gives other than each of them alone does} Asked in either order: a row may depend only on
     * those before it, or after it.
     */
    private static Optional<String> proven(Session session, Deadline deadline) {
        List<List<Tensor>> rows;
        try {
            rows = Batch.split(List.copyOf(SyntheticInputs.unlike(session.signature())), SINGLES).stream()
                    .map(row -> row.stream().map(Tensor.class::cast).toList())
                    .toList();
        } catch (ModelRefusedException _) { // and so large ones run alone anyway
            return Optional.of("a batch of %d rows is larger than a request may be".formatted(SINGLES.length));
        }
        List<List<Value>> alone = new ArrayList<>();
        for (List<Tensor> row : rows) {
            Optional<List<Value>> outputs = run(session, row, deadline);
            if (outputs.isEmpty()) {
                return Optional.of(
                        "it fails on rows made up for it, so whether they depend on each other cannot be asked");
            }
            alone.add(outputs.get());
        }
        return proven(session, rows, alone, deadline)
                .or(() -> proven(session, rows.reversed(), alone.reversed(), deadline));
    }

    private static Optional<String> proven(
            Session session, List<List<Tensor>> rows, List<List<Value>> alone, Deadline deadline) {
        List<Tensor> batch = Batch.concatenate(rows);
        try {
            Optional<List<Value>> outputs = run(session, batch, deadline);
            if (outputs.isEmpty()) { // it takes one at a time, whatever it declares
                return Optional.of("a batch of %d rows fails".formatted(rows.size()));
            }
            return otherRows(session.signature(), alone, outputs.get())
                    .or(() -> otherValues(session, rows, alone, outputs.get(), deadline));
        } finally {
            batch.forEach(Tensor::close);
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

    private static Optional<String> otherRows(Signature signature, List<List<Value>> alone, List<Value> batch) {
        for (int i = 0; i < batch.size(); i++) {
            long one = rows(alone.getFirst().get(i));
            if (one != 1 || rows(batch.get(i)) != alone.size()) {
                return Optional.of("output '%s' has %d rows for one row and %d for %d"
                        .formatted(signature.outputs().get(i).name(), one, rows(batch.get(i)), alone.size()));
            }
        }
        return Optional.empty();
    }

    private static Optional<String> otherValues(
            Session session, List<List<Tensor>> rows, List<List<Value>> alone, List<Value> batch, Deadline deadline) {
        List<List<Value>> shares = Batch.split(batch, SINGLES);
        for (int i = 0; i < shares.size(); i++) {
            List<Value> own = alone.get(i);
            if (!Agreement.between(own, shares.get(i))) {
                boolean steady = run(session, rows.get(i), deadline)
                        .filter(again -> Agreement.between(own, again))
                        .isPresent();
                return Optional.of(
                        steady
                                ? "a row's answer depends on the other rows of its batch"
                                : "its answer to one and the same row differs from run to run");
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
