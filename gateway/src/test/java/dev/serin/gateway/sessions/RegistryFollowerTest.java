package dev.serin.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.disk.Disk;
import dev.serin.registry.store.LocalStoreException;
import dev.serin.registry.store.RememberingRegistry;
import dev.serin.registry.watch.RegistryScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryFollowerTest {
    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final Instant START = Instant.parse("2026-11-22T10:00:00Z");

    @TempDir
    private Path store;

    private final AtomicReference<Instant> clock = new AtomicReference<>(START);
    private final InMemoryRegistry registry = new InMemoryRegistry(clock::get);
    private final ManualTimer timer = new ManualTimer();
    private final List<RegistrySnapshot> seen = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final SessionListener listener = new SessionListener() {
        @Override
        public void registryStale(RegistryException cause) {
            told.add("stale: " + cause.getMessage());
        }

        @Override
        public void notRemembered(LocalStoreException cause) {
            told.add(cause.reason());
        }

        @Override
        public void registryRecovered(Duration after) {
            told.add("recovered after " + after);
        }
    };

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    private RegistryFollower follower(Consumer<RegistrySnapshot> sessions) {
        RememberingRegistry remembering = new RememberingRegistry(registry, store);
        RegistryScanner scanner =
                new RegistryScanner(remembering, new RegistryScanner.Options(INTERVAL, INTERVAL, false), clock::get);
        return new RegistryFollower(remembering, scanner, sessions, listener, timer, clock::get);
    }

    private void nextPoll() {
        clock.updateAndGet(now -> now.plus(INTERVAL));
        timer.run();
    }

    private void breakDown(String reason) {
        registry.failWith((_, _) -> {
            throw new RegistryException(reason);
        });
    }

    @Test
    void whatIsThereIsPassedOnAtOnceAndAtEveryPoll() {
        registry.put("iris/1/model.onnx", "x");

        RegistryFollower follower = follower(seen::add);
        follower.start(INTERVAL);
        assertThat(follower.hasAnswered()).isTrue();
        assertThat(seen)
                .singleElement()
                .satisfies(look -> assertThat(look.models()).hasSize(1));

        registry.put("penguins/1/model.onnx", "x");
        nextPoll();
        assertThat(seen.getLast().models()).hasSize(2);
        assertThat(told).isEmpty();
    }

    @Test
    void aRegistryThatCannotBeReadIsToldOnceAndSoIsItsReturn() {
        breakDown("connection refused");
        RegistryFollower follower = follower(seen::add);

        follower.start(INTERVAL);
        nextPoll();
        assertThat(follower.hasAnswered()).isFalse();
        assertThat(follower.stale()).contains(new RegistryFollower.Stale(START, "connection refused"));
        assertThat(seen).isEmpty();

        registry.failWith((_, _) -> {});
        nextPoll();
        assertThat(follower.hasAnswered()).isTrue();
        assertThat(follower.stale()).isEmpty();
        assertThat(told).containsExactly("stale: connection refused", "recovered after PT20S");
    }

    @Test
    void aRegistryThatIsSilentFromTheStartIsTheOneOfTheFormerProcess() {
        registry.put("iris/1/model.onnx", "x");
        follower(_ -> {}).start(INTERVAL);
        breakDown("connection refused");
        RegistryFollower follower = follower(seen::add);

        follower.start(INTERVAL);

        assertThat(follower.hasAnswered()).isTrue();
        assertThat(follower.stale()).contains(new RegistryFollower.Stale(START, "connection refused"));
        assertThat(seen)
                .singleElement()
                .satisfies(look -> assertThat(look.models()).hasSize(1));

        registry.failWith((_, _) -> {});
        registry.put("penguins/1/model.onnx", "x");
        nextPoll();
        assertThat(follower.stale()).isEmpty();
        assertThat(seen.getLast().models()).hasSize(2);
        assertThat(told).containsExactly("stale: connection refused", "recovered after PT10S");
    }

    @Test
    void thatItCannotBeWrittenDownIsToldOnceUntilItCan() throws IOException {
        Path inTheWay = Files.createFile(store.resolve("registries"));
        String reason = "the local store cannot be written: a file is in the way of a folder";
        registry.put("iris/1/model.onnx", "x");
        follower(seen::add).start(INTERVAL);

        pollUntilItIsWrittenDown();
        assertThat(seen).hasSize(4);
        assertThat(told).containsExactly(reason);

        Files.delete(inTheWay);
        pollUntilItIsWrittenDown();
        assertThat(inTheWay).isDirectory();
        assertThat(told).containsExactly(reason);

        Disk.deleteTree(inTheWay);
        Files.createFile(inTheWay);
        registry.put("iris/2/model.onnx", "x");
        pollUntilItIsWrittenDown();
        assertThat(told).containsExactly(reason, reason);
    }

    private void pollUntilItIsWrittenDown() {
        for (int i = 0; i < 3; i++) {
            nextPoll();
        }
    }

    @Test
    void whatWasSeenStaysTrueWhileTheRegistryIsSilent() {
        RegistryFollower follower = follower(seen::add);
        follower.start(INTERVAL);

        breakDown("timeout");
        nextPoll();

        assertThat(follower.hasAnswered()).isTrue();
        assertThat(seen).hasSize(1);
    }

    @Test
    void aBugInOneLookDoesNotEndTheLooking() {
        RegistryFollower follower = follower(look -> {
            seen.add(look);
            if (seen.size() == 1) {
                throw new IllegalStateException("a bug");
            }
        });

        follower.start(INTERVAL);
        nextPoll();

        assertThat(seen).hasSize(2);
        assertThat(told).isEmpty();
    }

    @Test
    void neitherDoesAnError() {
        RegistryFollower follower = follower(look -> {
            seen.add(look);
            if (seen.size() == 1) {
                throw new StackOverflowError();
            }
        });

        follower.start(INTERVAL);
        nextPoll();

        assertThat(seen).hasSize(2);
    }

    @Test
    void closingEndsThePolls() {
        RegistryFollower follower = follower(seen::add);
        follower.start(INTERVAL);

        follower.close();

        assertThat(timer.isShutdown()).isTrue();
    }
}
