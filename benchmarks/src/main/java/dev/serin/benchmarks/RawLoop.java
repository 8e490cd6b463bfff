package dev.serin.benchmarks;

import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.Session;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.onnx.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs the CNN and does nothing else, on as many threads as there are cores, by the gateway's own binding and settings. */
public final class RawLoop {
    private static final Duration WARM_UP = Duration.ofSeconds(2);

    private RawLoop() {}

    /** {@code MODEL SECONDS}; prints runs a second, milliseconds of one run alone, and the numbers that the model gives. */
    @SuppressWarnings("SystemOut") // whoever started it reads that
    public static void main(String[] arguments) throws Exception {
        int threads = Runtime.getRuntime().availableProcessors();
        try (OnnxRuntime runtime = OnnxRuntime.start(threads);
                Session session = runtime.load(Path.of(arguments[0]))) {
            rate(session, threads, WARM_UP);
            double alone = 1e3 / rate(session, 1, WARM_UP);
            double perSecond = rate(session, threads, Duration.ofSeconds(Long.parseLong(arguments[1])));
            StringBuilder line = new StringBuilder("%s %s".formatted(perSecond, alone));
            try (Tensor image = image()) {
                Tensor answer = (Tensor) run(session, image).getFirst();
                for (int i = 0; i < answer.elementCount(); i++) {
                    line.append(String.format(Locale.ROOT, " %s", answer.real(i)));
                }
            }
            System.out.println(line);
        }
    }

    private static double rate(Session session, int threads, Duration length) throws Exception {
        long began = System.nanoTime();
        long end = began + length.toNanos();
        List<Future<Integer>> all = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < threads; i++) {
                all.add(pool.submit(() -> {
                    int runs = 0;
                    try (Tensor image = image()) {
                        for (; System.nanoTime() < end; runs++) {
                            run(session, image);
                        }
                    }
                    return runs;
                }));
            }
        }
        int runs = 0;
        for (Future<Integer> one : all) {
            runs += one.get();
        }
        return runs / ((System.nanoTime() - began) / 1e9);
    }

    private static List<Value> run(Session session, Tensor image) {
        return session.run(List.of(image), Deadline.after(Duration.ofSeconds(30)));
    }

    private static Tensor image() {
        float[] floats = Samples.imageFloats();
        ByteBuffer data = ByteBuffer.allocateDirect(floats.length * Float.BYTES).order(ByteOrder.nativeOrder());
        data.asFloatBuffer().put(floats);
        return Tensor.of(DataType.FP32, new long[] {1, 3, Models.CNN_SIDE, Models.CNN_SIDE}, data);
    }
}
