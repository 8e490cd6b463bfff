package dev.serin.gateway.sessions;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.serin.registry.Digest;
import dev.serin.serving.Servable;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Holds loaded sessions by version digest and lends them out. Evicting drops only the cache's own reference: a session
 * closes with its last lease, on the closer thread, so no run ever meets a closed one. That is memory safety: closing a
 * session during a run kills the process. Thread-safe.
 *
 * <p>Caffeine keeps the entries and the statistics. It decides nothing: its own eviction is asynchronous, cannot be vetoed
 * and may drop the entry just loaded, so there is no maximum here, and what to evict is {@link EvictionPolicy}'s word. The
 * order of last use is kept here too: Caffeine's forgets uses, being made for caches in which one use more or less does
 * not matter.
 */
final class SessionCache implements AutoCloseable {
    private final Cache<Digest, Entry> entries =
            Caffeine.newBuilder().recordStats().build();
    private final ExecutorService closer = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("serin-closer").daemon().factory());
    private final MemoryBudget budget;
    private final LongSupplier nanoTime;

    /** @param nanoTime as {@link System#nanoTime()}, for ages and uses */
    SessionCache(MemoryBudget budget, LongSupplier nanoTime) {
        this.budget = budget;
        this.nanoTime = nanoTime;
    }

    /** {@return a lease, if the session is loaded; its caller closes it} */
    Optional<Lease> lease(Digest digest) {
        Entry entry = entries.getIfPresent(digest);
        if (entry == null) {
            return Optional.empty();
        }
        return entry.lease();
    }

    /**
     * {@return a lease on the session, loading it first if need be} Concurrent callers load it once; a load that failed
     * leaves nothing behind.
     *
     * @param loading called only by the one caller who loads, so that versions with the same bytes need room for one session
     */
    Lease load(Digest digest, Loading loading) {
        while (true) { // again if the entry was evicted, or its load failed, between the look-up and our use of it
            Entry entry = entries.get(digest, _ -> new Entry());
            if (entry.retain()) {
                Optional<Servable> servable = Optional.empty();
                try {
                    servable = entry.load(loading);
                } finally {
                    if (servable.isEmpty()) {
                        drop(digest, entry);
                        entry.release();
                    }
                }
                if (servable.isPresent()) {
                    return new Lease(entry, servable.get());
                }
            }
        }
    }

    /** How a session is loaded. */
    interface Loading {
        /** {@return bytes that it probably weighs} */
        long expectedBytes();

        /** Takes so many bytes from the budget, or throws; they are given back here, when the load fails or the session is closed. */
        void reserve(long bytes);

        /** {@return the session} */
        Servable load();

        /** {@return bytes that it weighs} */
        long bytes(Servable loaded);
    }

    /** Drops the cache's reference, whoever still uses the session. */
    void evict(Digest digest) {
        Entry entry = entries.getIfPresent(digest);
        if (entry != null) {
            drop(digest, entry);
        }
    }

    private void drop(Digest digest, Entry entry) {
        if (entries.asMap().remove(digest, entry)) {
            entry.leave();
            entry.release();
        }
    }

    /** {@return whether it is loaded, or being loaded} */
    boolean has(Digest digest) {
        return entries.asMap().containsKey(digest);
    }

    /** {@return what is loaded, in no order} */
    List<EvictionPolicy.Candidate> loaded() {
        return loadedEntries()
                .map(entry -> entry.getValue().candidate(entry.getKey()))
                .toList();
    }

    /** {@return what is loaded, longest unused first} */
    List<EvictionPolicy.Candidate> candidates() {
        return loadedEntries()
                .map(entry ->
                        new Used(entry.getValue().lastUseNanos, entry.getValue().candidate(entry.getKey())))
                .sorted(Comparator.comparingLong(Used::lastUseNanos))
                .map(Used::candidate)
                .toList();
    }

    private Stream<Map.Entry<Digest, Entry>> loadedEntries() {
        return entries.asMap().entrySet().stream()
                .filter(entry -> entry.getValue().isLoaded());
    }

    /** When it was used last, read once: what moves while it is sorted by cannot be sorted by. */
    private record Used(long lastUseNanos, EvictionPolicy.Candidate candidate) {}

    /** Drops every session; returns when those without a lease are closed. */
    @Override
    public void close() {
        List.copyOf(entries.asMap().keySet()).forEach(this::evict);
        closer.close();
    }

    /** One session, its references counted: the cache's own and one for each lease. */
    final class Entry {
        private final AtomicInteger references = new AtomicInteger(1); // the cache's own
        private volatile @Nullable Servable servable; // written under this
        private volatile long loadedAtNanos;
        private volatile long lastUseNanos;
        private volatile long bytes;
        private volatile long leavingBytes; // 0 if it went before it was loaded
        private boolean abandoned; // its load failed; guarded by this

        boolean retain() {
            return references.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
        }

        void leave() {
            leavingBytes = bytes;
            budget.leaving(leavingBytes);
        }

        void release() { // takes no lock: an eviction must not wait for a load
            if (references.decrementAndGet() == 0) {
                Servable closing = servable;
                if (closing != null) {
                    closer.execute(() -> close(closing));
                }
            }
        }

        private void close(Servable closing) {
            try {
                closing.close();
            } finally {
                budget.left(bytes, leavingBytes); // only now is the memory free
            }
        }

        Optional<Lease> lease() {
            Servable loaded = servable;
            if (loaded == null || !retain()) {
                return Optional.empty();
            }
            lastUseNanos = nanoTime.getAsLong();
            return Optional.of(new Lease(this, loaded));
        }

        /** {@return the session; empty when another caller's load of this entry failed meanwhile} */
        synchronized Optional<Servable> load(Loading loading) {
            if (abandoned) {
                return Optional.empty();
            }
            Servable loaded = servable;
            if (loaded != null) {
                return Optional.of(loaded);
            }
            abandoned = true; // unless the load succeeds
            long reserved = loading.expectedBytes();
            loading.reserve(reserved);
            try {
                loaded = loading.load();
                reserved = settle(loading, loaded, reserved);
                abandoned = false;
            } finally {
                if (abandoned) {
                    budget.release(reserved);
                }
            }
            bytes = reserved;
            loadedAtNanos = nanoTime.getAsLong();
            lastUseNanos = loadedAtNanos;
            servable = loaded;
            return Optional.of(loaded);
        }

        /** {@return what is reserved now, as much as it weighs} One for which there is no room after all is closed. */
        private long settle(Loading loading, Servable loaded, long reserved) {
            boolean fits = false;
            try {
                long weight = loading.bytes(loaded);
                if (weight > reserved) {
                    loading.reserve(weight - reserved);
                } else {
                    budget.release(reserved - weight);
                }
                fits = true;
                return weight;
            } finally {
                if (!fits) {
                    loaded.close();
                }
            }
        }

        boolean isLoaded() {
            return servable != null;
        }

        EvictionPolicy.Candidate candidate(Digest digest) {
            return new EvictionPolicy.Candidate(
                    digest, bytes, references.get() > 1, Duration.ofNanos(nanoTime.getAsLong() - loadedAtNanos));
        }
    }
}
