package dev.serin.registry.s3;

import dev.serin.registry.RegistryContractTest;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryWriter;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD) // a wait that never ends fails, and does not hang
class S3RegistryTest extends RegistryContractTest {
    private static Optional<S3ProxyStore> started = Optional.empty();

    private String bucket = "";
    private Optional<S3Registry> registry = Optional.empty();

    @BeforeAll
    static void start() throws Exception {
        started = Optional.of(S3ProxyStore.start());
    }

    @AfterAll
    static void stop() {
        store().close();
    }

    private static S3ProxyStore store() {
        return started.orElseThrow();
    }

    @BeforeEach
    void open() {
        bucket = store().newBucket();
        S3Config config = S3ProxyStore.config(store().endpoint(), new S3Location(bucket, "teams/prod"));
        registry = Optional.of(S3ProxyStore.open(config, RegistryListener.NONE));
    }

    @AfterEach
    void close() {
        registry.orElseThrow().close();
    }

    @Override
    protected RegistryWriter registry() {
        return registry.orElseThrow();
    }

    @Override
    protected void putByHand(String key, byte[] content) {
        store().put(bucket, "teams/prod/" + key, content);
    }
}
