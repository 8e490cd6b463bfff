package dev.serin.gateway.predict;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.scheduling.Limit;
import dev.serin.gateway.scheduling.RunQueue;
import dev.serin.gateway.scheduling.RunScheduler;
import dev.serin.gateway.scheduling.RunScheduler.Ran;
import dev.serin.gateway.scheduling.SchedulingConfig;
import dev.serin.gateway.sessions.LoadedModels;
import dev.serin.inference.Deadline;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.inference.batch.Agreement;
import dev.serin.inference.json.JsonLimits;
import dev.serin.inference.json.NativeJson;
import dev.serin.serving.Servable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Callers of the sample models at the same moment: as often as {@code jqwik.tries.default} says. */
class BatchedAnswersTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final List<String> NAMES = List.of("iris/1", "iris/2", "penguins/1");
    private static final List<Sample> MODELS = new ArrayList<>();
    private static final RunScheduler SCHEDULER =
            new RunScheduler(new SchedulingConfig(2, 0, Limit.fixed(2), Limit.fixed(64), 64, Duration.ZERO), () -> -1);
    private static final AtomicInteger ASKED = new AtomicInteger();
    private static final AtomicInteger TOGETHER = new AtomicInteger();
    private static final AtomicInteger LARGEST = new AtomicInteger();

    /** A model, the requests of its goldens, and what each of them gives alone. */
    private record Sample(Servable servable, List<List<Tensor>> requests, List<List<Value>> alone) {}

    @BeforeContainer
    static void load() throws IOException {
        Path folder = Files.createTempDirectory("batched");
        Path models = Path.of(System.getProperty("serin.basedir"), "models");
        LoadedModels loaded = new LoadedModels(folder);
        for (String name : NAMES) {
            loaded.add(name, Files.readAllBytes(models.resolve(name).resolve("model.onnx")));
            Servable servable = loaded.load(name);
            assertThat(servable.report().whyNotBatchable()).isEmpty();
            List<List<Tensor>> requests = new ArrayList<>();
            List<List<Value>> alone = new ArrayList<>();
            for (String line : Files.readAllLines(models.resolve(name).resolve("goldens.ndjson"))) {
                JsonNode golden = new ObjectMapper().readTree(line);
                byte[] body = golden.get("request").toString().getBytes(StandardCharsets.UTF_8);
                List<Tensor> inputs = NativeJson.read(body, body.length, servable.signature(), JsonLimits.DEFAULT)
                        .inputs();
                requests.add(inputs);
                alone.add(servable.run(inputs, Deadline.after(PATIENCE)));
            }
            MODELS.add(new Sample(servable, requests, alone));
        }
    }

    @AfterContainer
    static void close() throws IOException {
        SCHEDULER.close();
        MODELS.forEach(model -> {
            model.requests().forEach(request -> request.forEach(Tensor::close));
            model.servable().close();
        });
        assertThat(TOGETHER).as("requests that were run together").hasPositiveValue();
        Optional<Path> proof =
                Optional.ofNullable(System.getProperty("serin.proof")).map(Path::of);
        if (proof.isPresent()) { // for whoever runs it as one
            Files.writeString(
                    proof.get(),
                    "%d requests, %d of them in runs for several, at most %d\n"
                            .formatted(ASKED.get(), TOGETHER.get(), LARGEST.get()),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
    }

    @Property
    void everyCallerGetsWhatHisRequestAloneGives(
            @ForAll @IntRange(max = 2) int which,
            @ForAll @IntRange(min = 2, max = 16) int maxRows,
            @ForAll @IntRange(max = 1) int pooled,
            @ForAll @Size(min = 2, max = 12) List<@IntRange(max = 99) Integer> callers)
            throws Exception {
        Sample model = MODELS.get(which);
        RunQueue<List<Value>> queue = new RunQueue<>(
                new RunQueue.Limits("sample", Limit.fixed(1), Limit.fixed(64), maxRows),
                pooled == 0 ? 1_000 : 300_000,
                true,
                _ -> {});
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Ran<List<Value>>>> answers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int caller : callers) {
                List<Tensor> inputs =
                        model.requests().get(caller % model.requests().size());
                answers.add(threads.submit(() -> {
                    start.await();
                    Deadline deadline = Deadline.after(PATIENCE);
                    return SCHEDULER.run(
                            queue,
                            deadline,
                            ErrorCode.DEADLINE_EXCEEDED,
                            new TensorWork(model.servable(), inputs, deadline, new Journey(System.nanoTime())));
                }));
            }
            start.countDown();
        }
        for (int i = 0; i < callers.size(); i++) {
            Ran<List<Value>> ran = answers.get(i).get();
            int golden = callers.get(i) % model.requests().size();
            assertThat(Agreement.between(model.alone().get(golden), ran.result()))
                    .as("golden %d in a run for %d", golden, ran.requests())
                    .isTrue();
            ASKED.incrementAndGet();
            TOGETHER.addAndGet(ran.requests() > 1 ? 1 : 0);
            LARGEST.accumulateAndGet(ran.requests(), Math::max);
        }
    }
}
