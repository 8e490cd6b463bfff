package dev.serin.gateway.predict;

import dev.serin.gateway.scheduling.Priority;
import dev.serin.gateway.scheduling.Work;
import dev.serin.inference.Deadline;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.batch.Batch;
import dev.serin.serving.Servable;
import java.util.List;

/**
 * The run of one call. What runs together is of one servable, which the lease of each holds.
 *
 * @param inputs which stay the call's
 */
record TensorWork(Servable servable, List<Tensor> inputs, Deadline deadline, Journey journey)
        implements Work<List<Value>> {
    /** Beyond that, copying costs more than a run for several saves. */
    private static final int MOST_BYTES = 64 << 10;

    @Override
    public List<Value> run() {
        return servable.run(inputs, deadline);
    }

    @Override
    public Priority priority() {
        return journey.isPinned() ? Priority.PINNED : Priority.DEFAULT;
    }

    @Override
    public void begins(int requests) {
        journey.runs(requests);
    }

    @Override
    public int rows() {
        return bytes(inputs) <= MOST_BYTES ? Batch.rows(inputs) : 0;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the same session, and not one of the same bytes
    public boolean joins(Work<List<Value>> other) {
        return other instanceof TensorWork work && work.servable == servable && Batch.fits(inputs, work.inputs);
    }

    @Override
    public Together<List<Value>> together(List<? extends Work<List<Value>>> all) {
        List<List<Tensor>> requests =
                all.stream().map(work -> ((TensorWork) work).inputs).toList();
        int[] rows = requests.stream().mapToInt(Batch::rows).toArray();
        return new TensorBatch(servable, Batch.concatenate(requests), rows);
    }

    /** {@return the size of numbers and of texts: both are copied, texts when they are fed} */
    private static long bytes(List<Tensor> inputs) {
        long bytes = 0;
        for (Tensor input : inputs) {
            bytes += (long) input.elementCount() * input.dataType().byteSize();
            bytes += input.strings().byteCount();
        }
        return bytes;
    }

    /** The run of several calls, on copies of their inputs. */
    private static final class TensorBatch implements Together<List<Value>> {
        private final Servable servable;
        private final List<Tensor> inputs;
        private final int[] rows; // of each

        TensorBatch(Servable servable, List<Tensor> inputs, int[] rows) {
            this.servable = servable;
            this.inputs = inputs;
            this.rows = rows;
        }

        @Override
        public List<List<Value>> run(Deadline deadline) {
            return servable.run(inputs, deadline, outputs -> Batch.split(outputs, rows));
        }

        @Override
        public void close() {
            inputs.forEach(Tensor::close);
        }
    }
}
