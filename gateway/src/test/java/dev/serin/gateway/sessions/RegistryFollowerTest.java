package dev.serin.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.RegistryState;
import dev.serin.gateway.catalog.RegistryState.Stale;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.StoreException;
import dev.serin.registry.StoreException.Details;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryFollowerTest {
    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final Instant START = Instant.parse("2026-11-22T10:00:00Z");
    private static final String UNREADABLE = "it cannot be read; the log of the gateway says why";

    @TempDir
    private Path store;

    private final AtomicReference<Instant> clock = new AtomicReference<>(START);
    private final InMemoryRegistry registry = new InMemoryRegistry(clock::get);
    private final Catalog catalog = new Catalog();
    private final ManualTimer timer = new ManualTimer();
    private final List<RegistrySnapshot> seen = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private boolean listenerFails;
    private final SessionListener listener = new SessionListener() {
        @Override
        public void registryStale(RegistryException cause, Duration age) {
            if (listenerFails) {
                throw new IllegalStateException("a bug");
            }
            told.add("stale for %s: %s".formatted(age, cause.getMessage()));
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

    private RegistryFollower follower(RegistryFollower.Followed sessions) {
        return follower(sessions, INTERVAL);
    }

    private RegistryFollower follower(RegistryFollower.Followed sessions, Duration fullScanInterval) {
        return follower(sessions, fullScanInterval, timer);
    }

    private RegistryFollower follower(
            RegistryFollower.Followed sessions, Duration fullScanInterval, ScheduledExecutorService polls) {
        RememberingRegistry remembering = new RememberingRegistry(registry, store, clock::get);
        RegistryScanner scanner = new RegistryScanner(
                remembering, new RegistryScanner.Options(INTERVAL, fullScanInterval, false), clock::get);
        return new RegistryFollower(
                remembering, scanner, sessions, listener, catalog, polls, clock::get, new LeastDraw());
    }

    private void start(RegistryFollower follower) {
        start(follower, INTERVAL);
    }

    /** Starts it, and lets the first poll happen. */
    private void start(RegistryFollower follower, Duration interval) {
        follower.start(interval);
        assertThat(nextPoll()).isZero();
    }

    /** Lets the time pass until the next poll is due, and it happen; {@return that time} */
    private Duration nextPoll() {
        Map.Entry<Duration, Runnable> next = timer.take();
        clock.updateAndGet(now -> now.plus(next.getKey()));
        next.getValue().run();
        return next.getKey();
    }

    private void breakDown(String reason) {
        breakDown(new RegistryException(reason));
    }

    private void breakDown(RegistryException failure) {
        registry.failWith((_, _) -> {
            throw failure;
        });
    }

    private void mend() {
        registry.failWith((_, _) -> {});
    }

    private static StoreException failure(StoreException.Kind kind) {
        Details unknown = new Details(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                StoreException.Addressing.NOTHING,
                Optional.empty());
        return new StoreException(kind, false, "Cannot list", kind.name(), unknown, new IOException());
    }

    /** Draws no jitter. */
    private static final class LeastDraw implements RandomGenerator {
        @Override
        public long nextLong() {
            return 0;
        }
    }

    @Test
    void whatIsThereIsPassedOnAtOnceAndAtEveryPoll() {
        registry.put("iris/1/model.onnx", "x");

        RegistryFollower follower = follower(seen::add);
        start(follower);
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

        start(follower);
        nextPoll();
        assertThat(follower.hasAnswered()).isFalse();
        assertThat(follower.stale()).contains(new Stale(START, UNREADABLE));
        assertThat(seen).isEmpty();

        mend();
        nextPoll();
        assertThat(follower.hasAnswered()).isTrue();
        assertThat(follower.stale()).isEmpty();
        assertThat(told).containsExactly("stale for PT0S: connection refused", "recovered after PT20S");
    }

    @Test
    void aRegistryThatIsSilentFromTheStartIsTheOneOfTheFormerProcess() {
        registry.put("iris/1/model.onnx", "x");
        start(follower(_ -> {}));
        timer.take(); // that process ends
        breakDown("connection refused");
        RegistryFollower follower = follower(seen::add);

        start(follower);

        assertThat(follower.hasAnswered()).isTrue();
        assertThat(follower.stale()).contains(new Stale(START, UNREADABLE));
        assertThat(seen)
                .singleElement()
                .satisfies(look -> assertThat(look.models()).hasSize(1));

        registry.failWith((_, _) -> {});
        registry.put("penguins/1/model.onnx", "x");
        nextPoll();
        assertThat(follower.stale()).isEmpty();
        assertThat(seen.getLast().models()).hasSize(2);
        assertThat(told).containsExactly("stale for PT0S: connection refused", "recovered after PT10S");
    }

    @Test
    void thatItCannotBeWrittenDownIsToldOnceUntilItCan() throws IOException {
        Path inTheWay = Files.createFile(store.resolve("registries"));
        String reason = "the local store cannot be written: a file is in the way of a folder";
        registry.put("iris/1/model.onnx", "x");
        start(follower(seen::add));

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
        start(follower);

        breakDown("timeout");
        nextPoll();

        assertThat(follower.hasAnswered()).isTrue();
        assertThat(follower.stale()).contains(new Stale(START, UNREADABLE));
        assertThat(seen).hasSize(1);
    }

    @Test
    void whenTheRegistryWasLastReadIsInTheCatalog() {
        start(follower(seen::add));
        nextPoll();
        assertThat(catalog.registry()).isEqualTo(new RegistryState(Optional.of(clock.get()), Optional.empty()));
        Instant readAt = clock.get();

        breakDown(failure(StoreException.Kind.TIMEOUT));
        nextPoll();

        assertThat(catalog.registry())
                .isEqualTo(new RegistryState(
                        Optional.of(readAt), Optional.of(new Stale(readAt, "the store does not answer in time"))));
        assertThat(told).containsExactly("stale for PT10S: Cannot list: TIMEOUT");
    }

    @Test
    void anotherKindOfCauseIsToldOnceMoreAndNoneTwice() {
        breakDown(failure(StoreException.Kind.TIMEOUT));
        RegistryFollower follower = follower(seen::add);
        start(follower);

        for (int i = 0; i < 30; i++) {
            breakDown(failure(StoreException.Kind.REFUSED));
            nextPoll();
            assertThat(follower.stale().orElseThrow().reason()).isEqualTo("the store refuses our key");
            breakDown(failure(StoreException.Kind.TIMEOUT));
            nextPoll();
        }

        assertThat(told)
                .containsExactly("stale for PT0S: Cannot list: TIMEOUT", "stale for PT10S: Cannot list: REFUSED");
    }

    @Test
    void aRegistryThatComesAndGoesIsToldOnceAMinute() {
        RegistryFollower follower = follower(seen::add);
        start(follower);

        for (int i = 0; i < 6; i++) { // two minutes
            breakDown("connection refused");
            nextPoll();
            assertThat(follower.stale()).isPresent();
            mend();
            nextPoll();
            assertThat(follower.stale()).isEmpty();
        }

        String stale = "stale for PT10S: connection refused";
        assertThat(told).containsExactly(stale, "recovered after PT20S", stale, "recovered after PT20S");
    }

    @Test
    void anOutageSoonAfterAnotherIsToldOnceItLasts() {
        start(follower(seen::add));
        breakDown("connection refused");
        nextPoll();
        mend();
        nextPoll();
        told.clear();

        breakDown("connection refused");
        for (int i = 0; i < 10; i++) {
            nextPoll();
        }

        assertThat(told).containsExactly("stale for PT50S: connection refused");
    }

    @Test
    void whilePollsFailTheyComeMoreRarelyAndAgainAtTheirPaceOnceOneSucceeds() {
        Duration second = Duration.ofSeconds(1);
        breakDown(failure(StoreException.Kind.SLOW_DOWN));
        start(follower(seen::add), second);

        List<Duration> pauses = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            pauses.add(nextPoll());
        }
        assertThat(pauses).map(Duration::toSeconds).containsExactly(1L, 2L, 4L, 8L, 10L, 10L);

        mend();
        assertThat(nextPoll()).isEqualTo(Duration.ofSeconds(10));
        assertThat(nextPoll()).isEqualTo(second);
    }

    @Test
    void aListingThatShowsNothingAnyMoreIsStaleAndChangesNothingUntilItIsConfirmed() {
        registry.put("iris/1/model.onnx", "x");
        RegistryFollower follower = follower(seen::add);
        start(follower);
        registry.listOnly(_ -> false);

        Instant end = clock.get().plusSeconds(60);
        while (clock.get().isBefore(end)) {
            nextPoll();
            assertThat(follower.stale())
                    .contains(new Stale(
                            START, "the listing shows 0 of 1 models and 0 of 1 versions that were there before"));
        }
        assertThat(seen).hasSize(1);
        nextPoll();
        assertThat(seen).hasSize(2);
        assertThat(seen.getLast().models()).isEmpty();
        assertThat(told).hasSize(2);
    }

    @Test
    void whatCameWhileTheRegistryWasAwayFromTheStartIsSeenAtItsReturn() {
        registry.put("iris/1/model.onnx", "x");
        start(follower(_ -> {}));
        timer.take();
        breakDown("connection refused");
        RegistryFollower follower = follower(seen::add, Duration.ofHours(1));
        start(follower);

        registry.put("penguins/1/model.onnx", "x"); // by hand: no generation tells of it
        mend();
        nextPoll();

        assertThat(seen.getLast().models()).hasSize(2);
        assertThat(follower.stale()).isEmpty();
    }

    @Test
    void theEndOfAnOutageIsPassedOnAfterTheFirstLookOnceEach() {
        List<String> heard = new ArrayList<>();
        RegistryFollower follower = follower(new RegistryFollower.Followed() {
            @Override
            public void follow(RegistrySnapshot snapshot) {
                heard.add("look");
            }

            @Override
            public void recovered() {
                heard.add("recovered");
            }
        });
        start(follower);
        breakDown("connection refused");
        nextPoll();
        mend();

        nextPoll();
        nextPoll();

        assertThat(heard).containsExactly("look", "look", "recovered", "look");
    }

    @Test
    void aPollThatFailsIsOneRequest() {
        breakDown(failure(StoreException.Kind.SLOW_DOWN));
        start(follower(seen::add));
        registry.takeRequests();

        nextPoll();

        assertThat(registry.takeRequests()).hasSize(1);
    }

    @Test
    void aBugInOneLookDoesNotEndTheLookingAndIsShown() {
        assertThatTheLookingGoesOnAfter(new IllegalStateException("a bug"));
    }

    @Test
    void neitherDoesAnError() {
        assertThatTheLookingGoesOnAfter(new StackOverflowError());
    }

    private void assertThatTheLookingGoesOnAfter(Throwable bug) {
        RegistryFollower follower = follower(look -> {
            seen.add(look);
            if (seen.size() < 3) {
                throwAnyway(bug);
            }
        });
        Stale internal = new Stale(START, "an internal failure; the log of the gateway has it");

        start(follower, Duration.ofSeconds(1));
        assertThat(follower.stale()).contains(internal);
        assertThat(nextPoll()).isEqualTo(Duration.ofSeconds(1));
        assertThat(nextPoll()).isEqualTo(Duration.ofSeconds(2)); // it counts as a failure
        assertThat(follower.stale()).isEmpty();
        assertThat(follower.hasAnswered()).isTrue();
        assertThat(nextPoll()).isEqualTo(Duration.ofSeconds(1));
        assertThat(told).isEmpty();
    }

    @SuppressWarnings("unchecked") // it is no T, and nobody asks
    private static <T extends Throwable> void throwAnyway(Throwable bug) throws T {
        throw (T) bug;
    }

    @Test
    void aBugOfAListenerDoesNotEndTheLookingEither() {
        RegistryFollower follower = follower(seen::add);
        listenerFails = true;
        breakDown("connection refused");
        start(follower);
        assertThat(follower.stale()).isPresent();

        mend();
        nextPoll();

        assertThat(seen).hasSize(1);
        assertThat(follower.stale()).isEmpty();
    }

    @Test
    void aPollUnderWayIsBrokenOffByTheEndAndSaysNothingMore() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        registry.failWith((_, _) -> {
            asked.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                throw new RegistryException("it was interrupted", e);
            }
        });
        ScheduledThreadPoolExecutor polls = new ScheduledThreadPoolExecutor(1);
        RegistryFollower follower = follower(seen::add, INTERVAL, polls);
        follower.start(INTERVAL);
        asked.await();

        follower.close();

        assertThat(polls.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(told).isEmpty();
        assertThat(follower.stale()).isEmpty();
    }

    @Test
    void closingEndsThePolls() {
        RegistryFollower follower = follower(seen::add);
        start(follower);

        follower.close();

        assertThat(timer.isShutdown()).isTrue();
    }
}
