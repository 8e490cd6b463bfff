package dev.serin.gateway.sessions;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.sessions.VersionTable.Load;
import dev.serin.inference.Deadline;
import dev.serin.registry.Digest;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.StoredVersion;
import dev.serin.serving.Servable;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What sessions take of the memory that they share: what a version weighs, who goes so that another fits, and what is refused
 * because nothing may go for it. Thread-safe.
 */
final class SessionMemory {
    /** What a session needs beside its files, until it is measured: five times what most of the sample models do. */
    private static final long SESSION_OVERHEAD_BYTES = 1 << 20;

    /** Weights are there once, and once more where kernels have them in an order of their own; a measure of more is doubted. */
    private static final long MOST_TIMES_FILES = 4;

    private static final long MOST_BESIDE_FILES = 64 << 20;

    private static final int MOST_LACKS = 10_000;

    private final MemoryBudget budget;
    private final SessionCache cache;
    private final Catalog catalog;
    private final VersionTable table;
    private final SessionListener listener;
    /** Bytes that there was no room for when it was tried last. What is forgotten costs one more load. */
    private final Cache<Digest, Long> lacks =
            Caffeine.newBuilder().maximumSize(MOST_LACKS).build();

    private volatile boolean stopping;

    /** @param listener hears who was evicted */
    SessionMemory(
            MemoryBudget budget, SessionCache cache, Catalog catalog, VersionTable table, SessionListener listener) {
        this.budget = budget;
        this.cache = cache;
        this.catalog = catalog;
        this.table = table;
        this.listener = listener;
    }

    /**
     * Refuses, without a load, what there was no room for as long as there could be none: callers of cold versions would otherwise
     * take the cores from those of loaded ones, for loads that cannot end well.
     *
     * @throws ServingException {@link ErrorCode#INSUFFICIENT_MEMORY} when there could be none
     */
    void refuseAgain(CatalogVersion version) {
        boolean mayLoad = version.state() == VersionState.PENDING
                || (version.state() == VersionState.COLD && version.failure().isEmpty());
        if (!mayLoad || stopping) {
            return;
        }
        lack(version.id(), true).ifPresent(lack -> {
            throw refusal(version.id(), lack.bytes());
        });
    }

    /**
     * The same of a load that has begun, before anything is fetched for it: it may be one that nobody has asked for, which is tried
     * again and again.
     *
     * @throws Full when there could be no room
     */
    void refuseAgain(Load load) {
        lack(load.id(), load.asked().get()).ifPresent(lack -> {
            throw remembered(load.id(), lack.digest(), lack.bytes());
        });
    }

    /** What there was no room for. */
    private record Lack(Digest digest, long bytes) {}

    /** {@return what there was no room for when it was tried last, if there could be none now} */
    private Optional<Lack> lack(VersionId id, boolean asked) {
        return table.lacking(id)
                .filter(digest -> !cache.has(digest)) // nor is it being loaded under another name
                .flatMap(digest ->
                        Optional.ofNullable(lacks.getIfPresent(digest)).map(bytes -> new Lack(digest, bytes)))
                .filter(lack -> !couldMakeRoom(id, asked, lack.bytes()));
    }

    private boolean couldMakeRoom(VersionId id, boolean asked, long bytes) {
        if (budget.missingBytes(bytes) <= 0) {
            return true;
        }
        List<EvictionPolicy.Candidate> loaded =
                cache.loaded(); // first, so that what goes meanwhile counts in one of both
        long missing = budget.missingBytes(bytes);
        if (!EvictionPolicy.couldMakeRoom(loaded, Set.of(), missing, true)) { // else all models have to be looked at
            return false;
        }
        boolean forTraffic = isForTraffic(id, asked);
        return forTraffic || EvictionPolicy.couldMakeRoom(loaded, withTraffic(), missing, false);
    }

    /** Says that a version is loaded, under whatever name. */
    void loaded(Digest digest) {
        lacks.invalidate(digest);
    }

    /**
     * {@return what a version probably weighs: what it did at an earlier load} If that was more than there can be it is not
     * believed, once in a process: no version is to be kept out for ever by a wrong figure.
     *
     * @throws Full when a load in this process has shown it to be more than there can be
     */
    long expectedBytes(Load load, StoredVersion stored) {
        Long lack = lacks.getIfPresent(stored.digest());
        if (lack != null && lack > budget.limitBytes()) { // for good: it is not loaded once more to see it
            throw remembered(load.id(), stored.digest(), lack);
        }
        OptionalLong earlier = stored.footprint();
        return earlier.isPresent() && earlier.getAsLong() <= budget.limitBytes()
                ? earlier.getAsLong()
                : estimate(stored);
    }

    /**
     * {@return what it weighs now that it is loaded: as measured, but not less than its files; or an estimate} A measure may have the
     * tensors of other versions' runs in it, so what is far beyond the files is not believed.
     */
    static long weight(StoredVersion stored, Servable loaded) {
        long bytes = loaded.report().memoryBytes().orElse(Long.MAX_VALUE);
        return bytes <= MOST_TIMES_FILES * stored.bytes() + MOST_BESIDE_FILES
                ? Math.max(bytes, stored.bytes())
                : estimate(stored);
    }

    private static long estimate(StoredVersion stored) {
        return stored.bytes() + SESSION_OVERHEAD_BYTES;
    }

    /**
     * Makes room, if need be by evicting others.
     *
     * @param bytes to take from the budget now
     * @param all that the version takes then
     * @throws Full when nothing may go for it
     */
    void reserve(Load load, Digest digest, long bytes, long all, Deadline deadline) {
        VersionId id = load.id();
        while (true) {
            long releases = budget.releases(); // before anything goes, so that its release is not missed
            if (all <= budget.limitBytes() && budget.tryReserve(bytes)) {
                return;
            }
            if (all > budget.limitBytes() || deadline.hasPassed() || stopping) {
                throw remembered(id, digest, all);
            }
            List<EvictionPolicy.Candidate> candidates = cache.candidates();
            long missing = budget.missingBytes(bytes);
            boolean forTraffic = isForTraffic(id, load.asked().get());
            Set<Digest> withTraffic = forTraffic || !EvictionPolicy.couldMakeRoom(candidates, Set.of(), missing, true)
                    ? Set.of() // which all models have to be looked at for
                    : withTraffic();
            List<Digest> victims = EvictionPolicy.choose(candidates, withTraffic, missing, forTraffic)
                    .orElseThrow(() -> remembered(id, digest, all));
            victims.forEach(this::evict);
            awaitRelease(releases, deadline);
        }
    }

    /**
     * A version that callers ask for has traffic, too, if its model has none that could answer them. One that only an alias names, which
     * does not stand for another as yet, has some when they do: loaded in advance it would take the room of one that is being used, which
     * would take it back.
     *
     * @param asked whether callers do
     */
    private boolean isForTraffic(VersionId id, boolean asked) {
        return catalog.model(id.model()).stream()
                .anyMatch(model -> (asked && model.newest().isEmpty())
                        || withNewest(model, asked ? LoadPlan.named(model) : LoadPlan.routed(model)).stream()
                                .anyMatch(version -> version.id().equals(id)));
    }

    private void awaitRelease(long releases, Deadline deadline) {
        try {
            budget.awaitRelease(releases, deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Sessions.stopping();
        }
    }

    private void evict(Digest digest) {
        List<VersionId> cold = table.evicted(digest); // first the routes, then the session
        cache.evict(digest);
        cold.forEach(id -> listener.evicted(id, "memory"));
    }

    private Set<Digest> withTraffic() {
        Set<Digest> digests = new HashSet<>();
        for (CatalogModel model : catalog.models()) {
            withNewest(model, LoadPlan.named(model))
                    .forEach(version -> version.digest().ifPresent(digests::add));
        }
        return digests;
    }

    private static Set<CatalogVersion> withNewest(CatalogModel model, Set<CatalogVersion> versions) {
        Set<CatalogVersion> all = new HashSet<>(versions);
        model.newest().ifPresent(all::add);
        return all;
    }

    /** From now on nothing is evicted: a load that finds no room fails. */
    void stopEvicting() {
        stopping = true;
    }

    /** {@return what to throw} It is remembered how much could not be had. */
    private Full remembered(VersionId id, Digest digest, long bytes) {
        lacks.put(digest, bytes);
        return new Full(refusal(id, bytes), digest, bytes, budget.freeBytes());
    }

    private ServingException refusal(VersionId id, long bytes) {
        return new ServingException(
                        ErrorCode.INSUFFICIENT_MEMORY,
                        "%s needs %.1f MiB; %.1f of %.1f MiB are free and what is loaded has traffic or is in use."
                                .formatted(
                                        id,
                                        bytes / 1048576.0,
                                        budget.freeBytes() / 1048576.0,
                                        budget.limitBytes() / 1048576.0))
                .retryAfter(Duration.ofSeconds(5));
    }

    /** There is no room for a version: what its callers are told, and the figures for operators. */
    static final class Full extends RuntimeException {
        private static final long serialVersionUID = 1;

        final ServingException refusal;
        final transient Digest digest;
        final long neededBytes;
        final long freeBytes;

        private Full(ServingException refusal, Digest digest, long neededBytes, long freeBytes) {
            super(null, refusal, true, false); // an answer, not a bug: no stack trace to pay for
            this.refusal = refusal;
            this.digest = digest;
            this.neededBytes = neededBytes;
            this.freeBytes = freeBytes;
        }
    }
}
