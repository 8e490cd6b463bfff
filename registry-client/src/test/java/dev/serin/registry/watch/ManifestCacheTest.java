package dev.serin.registry.watch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.ModelName;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class ManifestCacheTest {
    private static final int MANY = 200;
    private static final ModelName IRIS = new ModelName("iris");

    private final InMemoryRegistry memory = new InMemoryRegistry(InstantSource.system());
    private final AtomicInteger reads = new AtomicInteger();
    private CountDownLatch together = new CountDownLatch(8);
    private boolean meet;
    private volatile boolean away;
    private volatile Predicate<String> unreadable = _ -> false;

    /** Reads of it may have to meet, which those that come one after another never do. */
    private final Registry registry = new Registry() {
        @Override
        public String location() {
            return memory.location();
        }

        @Override
        public List<RegistryObject> list(String prefix) {
            return memory.list(prefix);
        }

        @Override
        public List<String> folders() {
            return memory.folders();
        }

        @Override
        public Optional<Content> read(String key, int maxBytes) {
            reads.incrementAndGet();
            together.countDown();
            try {
                if (away || unreadable.test(key) || (meet && !together.await(10, TimeUnit.SECONDS))) {
                    throw new RegistryException("out of reach");
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return memory.read(key, maxBytes);
        }

        @Override
        public Refreshed refresh(String key, int maxBytes, String knownTag) {
            return memory.refresh(key, maxBytes, knownTag);
        }

        @Override
        public InputStream open(String key) {
            return memory.open(key);
        }

        @Override
        public void close() {
            memory.close();
        }
    };

    private final ManifestCache manifests = new ManifestCache(registry, Optional.empty());

    private void readAhead(Map<VersionId, ManifestCache.Listed> listed) {
        manifests.readAhead(Set.of(IRIS), listed, () -> !away);
    }

    private Map<VersionId, ManifestCache.Listed> many() {
        Map<VersionId, ManifestCache.Listed> many = new LinkedHashMap<>();
        for (int i = 0; i < MANY; i++) {
            VersionId id = VersionId.parse("iris/" + i);
            memory.write(Layout.manifest(id), "{}".getBytes(UTF_8), new Condition.Always());
        }
        memory.list("")
                .forEach(object -> many.put(
                        VersionId.parse(object.key().replace("/manifest.json", "")),
                        new ManifestCache.Listed(Optional.of(object), Optional.empty())));
        return many;
    }

    @Test
    void manifestsAreReadManyAtATimeAndEachOnce() {
        Map<VersionId, ManifestCache.Listed> many = many();
        meet = true;

        readAhead(many);

        assertThat(reads).hasValue(MANY);
        many.forEach((id, object) ->
                assertThat(manifests.version(id, object)).containsInstanceOf(RegisteredVersion.Unusable.class));
        readAhead(many);
        assertThat(reads).hasValue(MANY);
    }

    @Test
    void aRegistryThatIsAwayIsNotAskedForEachOfThem() {
        Map<VersionId, ManifestCache.Listed> many = many();
        away = true;

        readAhead(many);

        assertThat(reads).hasValueLessThan(MANY / 2);
        VersionId first = VersionId.parse("iris/0");
        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> manifests.version(first, many.getOrDefault(first, ManifestCache.Listed.NOTHING)));
    }

    @Test
    void howeverManyAreUnreadableTheOthersAreReadManyAtATimeAndNoneTwice() {
        Map<VersionId, ManifestCache.Listed> many = many();
        unreadable = key -> key.startsWith("iris/1"); // more than half, and side by side

        readAhead(many);

        assertThat(reads).hasValue(MANY);
        many.forEach((id, object) -> {
            if (id.version().value().startsWith("1")) {
                assertThatExceptionOfType(RegistryException.class).isThrownBy(() -> manifests.version(id, object));
            } else {
                assertThat(manifests.version(id, object)).isPresent();
            }
        });
        assertThat(reads).hasValue(MANY);

        unreadable = _ -> false;
        VersionId first = VersionId.parse("iris/1");
        assertThat(manifests.version(first, many.getOrDefault(first, ManifestCache.Listed.NOTHING)))
                .isPresent();
    }

    @Test
    void whatIsKnownAndNotListedAnyMoreIsAskedForManyAtATime() {
        Map<VersionId, ManifestCache.Listed> many = many();
        readAhead(many);
        VersionId still = VersionId.parse("iris/7");
        many.keySet().stream().filter(id -> !id.equals(still)).forEach(id -> memory.delete(Layout.manifest(id)));
        reads.set(0);
        together = new CountDownLatch(8);
        meet = true;

        readAhead(Map.of());

        assertThat(reads).hasValue(MANY);
        many.forEach((id, _) -> assertThat(
                        manifests.version(id, ManifestCache.Listed.NOTHING).isPresent())
                .isEqualTo(id.equals(still)));
        assertThat(reads).hasValue(MANY);
        assertThat(manifests.known(IRIS)).containsExactly(still.version());
    }
}
