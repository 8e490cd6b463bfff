package dev.serin.registry.s3;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.StoreException;
import dev.serin.registry.fault.FaultProxy;
import dev.serin.registry.fault.InjectingStore;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** A test with a bucket of its own, and what it opened closed behind it. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD) // a wait that never ends fails, and does not hang
abstract class S3TestCase {
    private static Optional<S3ProxyStore> started = Optional.empty();

    protected final List<String> heard = new CopyOnWriteArrayList<>();
    protected final S3Location location = new S3Location(store().newBucket(), "prod");
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    @BeforeAll
    static void start() throws Exception {
        started = Optional.of(S3ProxyStore.start());
    }

    @AfterAll
    static void stop() {
        store().close();
    }

    @AfterEach
    final void closeAll() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    protected static S3ProxyStore store() {
        return started.orElseThrow();
    }

    protected final <T extends AutoCloseable> T closing(T resource) {
        opened.push(resource);
        return resource;
    }

    protected final InjectingStore injecting() throws IOException {
        return closing(InjectingStore.before(store().endpoint()));
    }

    protected final FaultProxy network() throws IOException {
        return closing(FaultProxy.before(store().endpoint()));
    }

    protected final S3Config config(URI endpoint) {
        return S3ProxyStore.config(endpoint, location);
    }

    protected static S3Config withAttempts(S3Config config, int attempts) {
        return new S3Config(
                config.location(),
                config.endpoint(),
                config.region(),
                config.pathStyle(),
                config.caFile(),
                attempts,
                config.timeouts());
    }

    protected final S3Registry open(URI endpoint) {
        return open(config(endpoint));
    }

    protected final S3Registry open(S3Config config) {
        return open(config, Sizes.DEFAULT);
    }

    protected final S3Registry open(S3Config config, Sizes sizes) {
        return open(config, sizes, S3ProxyStore.credentials());
    }

    protected final S3Registry open(S3Config config, Sizes sizes, Credentials credentials) {
        return closing(S3Registry.open(config, sizes, listener(), credentials));
    }

    protected final RegistryListener listener() {
        return (operation, succeeded, _) -> heard.add(operation + (succeeded ? "" : " failed"));
    }

    protected final long heard(Operation operation) {
        return heard.stream().filter(line -> line.startsWith(operation.name())).count();
    }

    /** Puts an object into the bucket, past every client. */
    protected final void put(String key, byte[] content) {
        store().put(location.bucket(), "prod/" + key, content);
    }

    protected static byte[] bytes(int size, long seed) {
        byte[] content = new byte[size];
        new Random(seed).nextBytes(content);
        return content;
    }

    protected static byte[] filled(int size, char c) {
        byte[] content = new byte[size];
        Arrays.fill(content, (byte) c);
        return content;
    }

    protected static StoreException failure(ThrowingCallable call) {
        return Objects.requireNonNull(catchThrowableOfType(StoreException.class, call));
    }

    protected static RegistryException anyFailure(ThrowingCallable call) {
        return Objects.requireNonNull(catchThrowableOfType(RegistryException.class, call));
    }

    protected static Duration timeOf(Runnable action) {
        long start = System.nanoTime();
        action.run();
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
