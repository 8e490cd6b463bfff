package dev.serin.inference.batch;

import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.InferenceException;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Several requests as one run: their tensors one below the other, and of what that run gives to each its rows. A request's
 * rows are the first dimension that all of its inputs have in common. Pure but for the pool that buffers come from.
 */
public final class Batch {
    private static final long UNKNOWN =
            -1; // not 0: an input may be empty, and rows of another would then be taken for its

    private Batch() {}

    /** {@return how many rows a request adds to a batch; 0 when its inputs have none in common, and it can run alone only} */
    public static int rows(List<Tensor> inputs) {
        long rows = UNKNOWN;
        for (Tensor input : inputs) {
            long[] shape = input.shape();
            if (shape.length == 0 || (rows != UNKNOWN && shape[0] != rows)) {
                return 0;
            }
            rows = shape[0];
        }
        return Math.clamp(rows, 0, Integer.MAX_VALUE);
    }

    /** {@return whether two requests differ in nothing but their rows: the same types, and the same dimensions after the first} */
    public static boolean fits(List<Tensor> one, List<Tensor> other) {
        if (one.size() != other.size()) {
            return false;
        }
        for (int i = 0; i < one.size(); i++) {
            Tensor a = one.get(i);
            Tensor b = other.get(i);
            if (a.dataType() != b.dataType()
                    || !Arrays.equals(a.shape(), 1, a.shape().length, b.shape(), 1, b.shape().length)) {
                return false;
            }
        }
        return true;
    }

    /**
     * {@return one tensor for each input, with the rows of all requests in their order} They are copies, which the caller
     * closes: the requests' own tensors are not needed any more.
     *
     * @param requests which all {@link #fits fit} each other
     */
    public static List<Tensor> concatenate(List<List<Tensor>> requests) {
        int inputs = requests.getFirst().size();
        List<Tensor> all = new ArrayList<>(inputs);
        try {
            for (int i = 0; i < inputs; i++) {
                all.add(concatenate(requests, i));
            }
            return all;
        } catch (RuntimeException | Error e) { // no room for one of them
            all.forEach(Tensor::close);
            throw e;
        }
    }

    private static Tensor concatenate(List<List<Tensor>> requests, int input) {
        Tensor first = requests.getFirst().get(input);
        long[] shape = first.shape().clone();
        int elements = 0;
        shape[0] = 0;
        for (List<Tensor> request : requests) {
            shape[0] += request.get(input).shape()[0];
            elements = Math.addExact(elements, request.get(input).elementCount());
        }
        return first.dataType() == DataType.BYTES
                ? Tensor.ofStrings(shape, strings(requests, input))
                : numbers(requests, input, first.dataType(), shape, elements);
    }

    private static PackedStrings strings(List<List<Tensor>> requests, int input) {
        return PackedStrings.concat(
                requests.stream().map(request -> request.get(input).strings()).toList());
    }

    private static Tensor numbers(
            List<List<Tensor>> requests, int input, DataType dataType, long[] shape, int elements) {
        BufferPool.Loan loan = BufferPool.SHARED.take(Math.multiplyExact(elements, dataType.byteSize()));
        ByteBuffer buffer = loan.buffer();
        int next = 0;
        for (List<Tensor> request : requests) {
            Tensor own = request.get(input);
            int bytes = own.elementCount() * dataType.byteSize();
            buffer.put(next, own.data(), 0, bytes);
            next += bytes;
        }
        return Tensor.of(dataType, shape, buffer, loan);
    }

    /**
     * {@return each request's share of what a run of all gave, copied: whoever keeps his share keeps nobody else's}
     *
     * @param rows of each request, in the order in which they were put together
     * @throws InferenceException when an output has other than as many rows as all requests: it cannot be divided
     */
    public static List<List<Value>> split(List<Value> outputs, int[] rows) {
        int all = Arrays.stream(rows).sum();
        List<List<Value>> shares = new ArrayList<>(rows.length);
        int first = 0;
        for (int own : rows) {
            List<Value> share = new ArrayList<>(outputs.size());
            for (Value output : outputs) {
                share.add(share(output, first, own, all));
            }
            shares.add(share);
            first += own;
        }
        return shares;
    }

    private static Value share(Value output, int first, int rows, int all) {
        return switch (output) {
            case Tensor tensor when tensor.shape().length > 0 && tensor.shape()[0] == all -> share(tensor, first, rows);
            case Value.Sequence(List<Value> elements)
            when elements.size() == all -> new Value.Sequence(List.copyOf(elements.subList(first, first + rows)));
            case Tensor _, Value.Sequence _, Value.Mapping _ ->
                throw new InferenceException(
                        "An output of a batch of %d rows has another number of rows".formatted(all));
        };
    }

    private static Tensor share(Tensor tensor, int first, int rows) {
        long[] shape = tensor.shape().clone();
        int perRow = tensor.elementCount() / (int) shape[0];
        shape[0] = rows;
        if (tensor.dataType() == DataType.BYTES) {
            return Tensor.ofStrings(shape, tensor.strings().copyOf(first * perRow, rows * perRow));
        }
        int bytes = perRow * tensor.dataType().byteSize();
        ByteBuffer own = ByteBuffer.allocate(rows * bytes).order(ByteOrder.nativeOrder());
        return Tensor.of(tensor.dataType(), shape, own.put(0, tensor.data(), first * bytes, rows * bytes));
    }
}
