package dev.serin.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.serin.inference.DataType;
import dev.serin.inference.Deadline;
import dev.serin.inference.Tensor;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.Concurrently;
import dev.serin.registry.Digest;
import dev.serin.serving.Servable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SessionCacheTest {
    private static final long BYTES = 1000;

    @TempDir
    Path directory;

    private final MemoryBudget budget = new MemoryBudget(10 * BYTES);
    private final SessionCache cache = new SessionCache(budget, System::nanoTime);
    private final AtomicInteger loads = new AtomicInteger();
    private LoadedModels models;
    private Digest digest;

    @BeforeEach
    void write() throws IOException {
        models = new LoadedModels(directory);
        digest = models.add("identity", TestModels.identity(DataType.FP32, "batch", 2));
    }

    @AfterEach
    void close() {
        cache.close();
    }

    @Test
    void whatIsNotLoadedIsNotLent() {
        assertThat(cache.lease(digest)).isEmpty();
    }

    @Test
    void aSecondLoadOfTheSameBytesSharesTheSessionAndItsMemory() {
        try (Lease first = load();
                Lease second = load()) {
            assertThat(second.servable()).isSameAs(first.servable());
        }
        assertThat(loads).hasValue(1);
        assertThat(budget.freeBytes()).isEqualTo(9 * BYTES);
    }

    @Test
    void anEvictedSessionAnswersUntilItsLastLeaseClosesAndCountsUntilThen() {
        try (Lease lease = load()) {
            cache.evict(digest);

            assertThat(cache.lease(digest)).isEmpty();
            assertThat(ask(lease, 7)).isEqualTo(7);
            assertThat(budget.freeBytes()).isEqualTo(9 * BYTES);
        }
        Awaitility.await().until(() -> budget.freeBytes() == 10 * BYTES);
    }

    @Test
    void whatWasEvictedAndIsStillLentIsOnItsWayOut() {
        try (Lease lease = load()) {
            assertThat(budget.missingBytes(10 * BYTES)).isEqualTo(BYTES);

            cache.evict(digest);

            assertThat(budget.missingBytes(10 * BYTES)).isZero();
            assertThat(ask(lease, 7)).isEqualTo(7);
        }
        Awaitility.await().until(() -> budget.tryReserve(10 * BYTES));
        assertThat(budget.missingBytes(1)).isEqualTo(1);
    }

    /** The interleaving to fear: an entry found in the cache, and gone before it is retained. */
    @Test
    void aSessionWhoseLastReferenceIsGoneIsNeverLentAgain() {
        Lease lease = load();
        SessionCache.Entry found = lease.entry;
        cache.evict(digest);
        lease.close();

        assertThat(found.retain()).isFalse();
        assertThat(found.lease()).isEmpty();
    }

    /** Sorted by what moves meanwhile, a list of more than 32 ends in an exception. */
    @Test
    void whatCouldBeEvictedIsListedWhileAllOfItIsUsed() throws Exception {
        try (ExecutorService users = Executors.newSingleThreadExecutor()) {
            List<Digest> digests = IntStream.range(0, 200)
                    .mapToObj("%064x"::formatted)
                    .map(Digest::new)
                    .toList();
            digests.forEach(
                    each -> cache.load(each, new Loading(0, 0, this::servable)).close());
            AtomicBoolean listed = new AtomicBoolean();
            Future<Integer> used = users.submit(() -> {
                int uses = 0;
                for (; !listed.get(); uses++) {
                    cache.lease(digests.get(uses * 7 % digests.size()))
                            .orElseThrow()
                            .close();
                }
                return uses;
            });
            try {
                for (int i = 0; i < 5_000; i++) {
                    assertThat(cache.candidates()).hasSize(digests.size());
                }
            } finally {
                listed.set(true);
            }
            assertThat(used.get()).isPositive();
        }
    }

    @Test
    void closingALeaseTwiceCountsOnce() {
        Lease once = load();
        once.close();
        once.close();

        try (Lease again = cache.lease(digest).orElseThrow()) {
            assertThat(ask(again, 3)).isEqualTo(3);
        }
        assertThat(budget.freeBytes()).isEqualTo(9 * BYTES);
    }

    @Test
    void aFailedLoadLeavesNothingAndTheNextTriesAgain() {
        assertThatThrownBy(() -> cache.load(digest, new Loading(BYTES, BYTES, () -> {
                    throw new IllegalStateException("no such file");
                })))
                .hasMessage("no such file");

        assertThat(cache.candidates()).isEmpty();
        assertThat(budget.freeBytes()).isEqualTo(10 * BYTES);
        load().close();
        assertThat(cache.candidates()).hasSize(1);
    }

    @Test
    void theLongestUnusedIsNamedFirst() throws IOException {
        Digest other = models.add("other", TestModels.identity(DataType.FP32, "batch", 3));
        load().close();
        cache.load(other, new Loading(BYTES, BYTES, () -> models.load("other"))).close();
        cache.lease(digest).orElseThrow().close();

        assertThat(cache.candidates())
                .extracting(EvictionPolicy.Candidate::digest)
                .containsExactly(other, digest);
    }

    private static IntStream rounds() {
        return IntStream.range(0, Integer.getInteger("serin.rounds", 50));
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void manyLeasingWhileOthersEvictAndReloadAllGetRightAnswers(int repetition) throws Exception {
        int threads = 32;
        CountDownLatch start = new CountDownLatch(1);
        List<Future<?>> all = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < threads; i++) {
                int number = i;
                all.add(executor.submit(() -> {
                    start.await();
                    for (int round = 0; round < 10; round++) {
                        if (number % 8 == 0) {
                            cache.evict(digest);
                        } else {
                            askOnce(number * 100 + round);
                        }
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> one : all) {
                one.get();
            }
        }
        cache.evict(digest);
        Awaitility.await().until(() -> budget.freeBytes() == 10 * BYTES);
        assertThat(budget.missingBytes(10 * BYTES)).isZero(); // as many have left as were leaving
    }

    private void askOnce(int value) {
        try (Lease lease = cache.lease(digest).orElseGet(this::loadUnbounded)) {
            assertThat(ask(lease, value)).isEqualTo(value);
        }
    }

    @RepeatedTest(20)
    void versionsOfTheSameBytesThatLoadAtOnceNeedRoomForOne() throws Exception {
        assertThat(budget.tryReserve(9 * BYTES)).isTrue();

        Concurrently.call(8, _ -> () -> {
            load().close();
            return null;
        });

        assertThat(loads).hasValue(1);
        assertThat(budget.freeBytes()).isZero();
    }

    @Test
    void whereThereIsNoRoomNothingIsLoaded() {
        assertThat(budget.tryReserve(10 * BYTES)).isTrue();

        assertThatThrownBy(this::load).hasMessage("no room");

        assertThat(loads).hasValue(0);
        assertThat(budget.freeBytes()).isZero();
    }

    @Test
    void aSessionTakesWhatItWeighsAndNotWhatItWasExpectedTo() {
        load(5 * BYTES, 2 * BYTES).close();
        assertThat(budget.freeBytes()).isEqualTo(8 * BYTES);
        assertThat(cache.candidates())
                .extracting(EvictionPolicy.Candidate::bytes)
                .containsExactly(2 * BYTES);

        cache.evict(digest);
        awaitFree(10 * BYTES);
        load(BYTES, 3 * BYTES).close();
        assertThat(budget.freeBytes()).isEqualTo(7 * BYTES);
    }

    @Test
    void oneThatIsHeavierThanThereIsRoomForLeavesNothing() {
        assertThatThrownBy(() -> load(BYTES, 11 * BYTES)).hasMessage("no room");

        assertThat(loads).hasValue(1);
        assertThat(cache.candidates()).isEmpty();
        assertThat(budget.freeBytes()).isEqualTo(10 * BYTES);
    }

    private void awaitFree(long bytes) {
        Awaitility.await().until(() -> budget.freeBytes() == bytes);
    }

    private Lease load() {
        return load(BYTES, BYTES);
    }

    private Lease load(long expectedBytes, long bytes) {
        return cache.load(digest, new Loading(expectedBytes, bytes, this::servable));
    }

    /** A session that weighs what a test says. */
    private final class Loading implements SessionCache.Loading {
        private final long expectedBytes;
        private final long bytes;
        private final Supplier<Servable> load;

        Loading(long expectedBytes, long bytes, Supplier<Servable> load) {
            this.expectedBytes = expectedBytes;
            this.bytes = bytes;
            this.load = load;
        }

        @Override
        public long expectedBytes() {
            return expectedBytes;
        }

        @Override
        public void reserve(long some) {
            if (!budget.tryReserve(some)) {
                throw new IllegalStateException("no room");
            }
        }

        @Override
        public Servable load() {
            return load.get();
        }

        @Override
        public long bytes(Servable loaded) {
            return bytes;
        }
    }

    /** In the race many sessions are closing at a time, which is more than any budget would let happen. */
    private Lease loadUnbounded() {
        return load(0, 0);
    }

    private Servable servable() {
        loads.incrementAndGet();
        return models.load("identity");
    }

    private static float ask(Lease lease, float value) {
        ByteBuffer data =
                ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder()).putFloat(0, value);
        Tensor input = Tensor.of(DataType.FP32, new long[] {1, 2}, data);
        Tensor output = (Tensor) lease.servable()
                .run(List.of(input), Deadline.after(Duration.ofSeconds(30)))
                .getFirst();
        return output.data().getFloat(0);
    }
}
