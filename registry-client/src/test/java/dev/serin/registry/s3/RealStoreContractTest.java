package dev.serin.registry.s3;

import dev.serin.registry.RegistryContractTest;
import dev.serin.registry.RegistryWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The contract of registries, kept with a real object store in a process of its own. */
@Tag("real-store")
@TestInstance(TestInstance.Lifecycle.PER_CLASS) // a store for each subclass
abstract class RealStoreContractTest extends RegistryContractTest {
    private final StoreProcess.Kind kind;
    private Optional<StoreProcess> started = Optional.empty();
    private String bucket = "";
    private Optional<RegistryWriter> registry = Optional.empty();

    RealStoreContractTest(StoreProcess.Kind kind) {
        this.kind = kind;
    }

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        started = Optional.of(StoreProcess.start(kind, folder));
    }

    @AfterAll
    void stop() {
        started.ifPresent(StoreProcess::close);
    }

    @BeforeEach
    void open() {
        StoreProcess store = started.orElseThrow();
        bucket = store.newBucket();
        registry = Optional.of(store.open(new S3Location(bucket, "teams/prod")));
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
        started.orElseThrow().put(bucket, "teams/prod/" + key, content);
    }
}
