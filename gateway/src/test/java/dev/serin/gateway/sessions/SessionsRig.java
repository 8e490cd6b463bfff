package dev.serin.gateway.sessions;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.sessions.SessionsConfig.Preload;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.LocalStore;
import dev.serin.registry.store.StoreListener;
import dev.serin.registry.watch.RegistryScanner;
import dev.serin.serving.ServableLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/** Sessions over a registry in memory, on a clock that the test moves; retries wait until the test runs them. */
public final class SessionsRig implements AutoCloseable {
    static final Duration POLL = Duration.ofSeconds(10);

    final AtomicReference<Instant> clock = new AtomicReference<>(Instant.parse("2026-11-22T10:00:00Z"));
    private final List<CountDownLatch> held = new ArrayList<>();
    private final AtomicLong laterNanos = new AtomicLong();
    final InMemoryRegistry registry = new InMemoryRegistry(clock::get);
    final ManualTimer timer = new ManualTimer();
    final Catalog catalog = new Catalog();
    final Sessions sessions;
    private final LocalStore local;
    private final RegistryScanner scanner =
            new RegistryScanner(registry, new RegistryScanner.Options(POLL, POLL, false), clock::get);

    /** With room for much. */
    public SessionsRig(Path store, Preload preload) {
        this(store, preload, 1L << 30);
    }

    SessionsRig(Path store, Preload preload, long memoryBytes) {
        this(store, preload, memoryBytes, 1L << 30, SessionListener.NONE);
    }

    SessionsRig(Path store, Preload preload, long memoryBytes, long storeBytes, SessionListener listener) {
        this(store, preload, memoryBytes, storeBytes, listener, OptionalLong::empty);
    }

    /** Where the native heap is what the test says. */
    SessionsRig(Path store, Preload preload, long memoryBytes, Supplier<OptionalLong> nativeHeap) {
        this(store, preload, memoryBytes, 1L << 30, SessionListener.NONE, nativeHeap);
    }

    private SessionsRig(
            Path store,
            Preload preload,
            long memoryBytes,
            long storeBytes,
            SessionListener listener,
            Supplier<OptionalLong> nativeHeap) {
        local = LocalStore.open(store, storeBytes, StoreListener.NONE, clock::get);
        sessions = new Sessions(
                registry,
                local,
                new ServableLoader(OnnxRuntime.start(1), () -> {}, nativeHeap),
                catalog,
                new SessionsConfig(memoryBytes, preload, 1, 2, Duration.ofSeconds(30)),
                listener,
                timer,
                clock::get,
                () -> System.nanoTime() + laterNanos.get());
    }

    public Catalog catalog() {
        return catalog;
    }

    public Sessions sessions() {
        return sessions;
    }

    /** Copies a model into the registry by hand; {@link #follow} sees it. */
    public SessionsRig with(String version, byte[] model) {
        registry.put(version + "/model.onnx", model);
        return this;
    }

    public SessionsRig with(String key, String content) {
        registry.put(key, content);
        return this;
    }

    /** Has all that is loaded stay for so long. */
    void age(Duration more) {
        laterNanos.addAndGet(more.toNanos());
    }

    /** Two looks at the registry, a poll apart: what was copied in by hand has settled then. */
    public SessionsRig follow() {
        for (int look = 0; look < 2; look++) {
            clock.updateAndGet(now -> now.plus(POLL));
            sessions.follow(scanner.poll());
        }
        return this;
    }

    /** Holds every read of a model's bytes until the latch opens, or this is closed; the registry answers nobody else meanwhile. */
    CountDownLatch holdDownloads() {
        CountDownLatch open = new CountDownLatch(1);
        held.add(open);
        registry.failWith((operation, key) -> {
            if (operation == Operation.GET && key.endsWith("/model.onnx")) {
                try {
                    open.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        });
        return open;
    }

    public CatalogVersion version(String id) {
        VersionId version = VersionId.parse(id);
        return catalog.model(version.model())
                .orElseThrow()
                .version(version.version())
                .orElseThrow();
    }

    public SessionsRig await(String id, VersionState state) {
        Awaitility.await().until(() -> version(id).state() == state);
        return this;
    }

    @Override
    public void close() {
        held.forEach(CountDownLatch::countDown); // or a test that fails meanwhile would not end
        sessions.close();
        local.close();
        timer.shutdownNow();
    }
}
