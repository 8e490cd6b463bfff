package dev.serin.gateway.sessions;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.CatalogVersion.Failure;
import dev.serin.gateway.catalog.CatalogVersion.Loaded;
import dev.serin.gateway.catalog.CatalogVersion.Progress;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.sessions.VersionTable.Begun;
import dev.serin.gateway.sessions.VersionTable.Fault;
import dev.serin.gateway.sessions.VersionTable.Load;
import dev.serin.inference.Deadline;
import dev.serin.inference.ModelRefusedException;
import dev.serin.registry.Digest;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.VerificationException;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.LocalStore;
import dev.serin.registry.store.LocalStoreException;
import dev.serin.registry.store.NoRoomException;
import dev.serin.registry.store.StoredVersion;
import dev.serin.serving.Servable;
import dev.serin.serving.ServableLoader;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Loads versions, lends them out, and keeps the catalog true. Thread-safe.
 *
 * <p>A version is loaded once however many ask; those who ask wait within their deadlines. What {@link LoadPlan} wants is
 * loaded unasked, a bounded number at a time. A failed load is remembered and tried again with growing pauses; it never
 * hurts another version.
 */
public final class Sessions implements RegistryFollower.Followed, AutoCloseable {
    private static final int SHOWN_VERSIONS = 10;

    private static final System.Logger LOG = System.getLogger(Sessions.class.getName());
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneOffset.UTC);

    /** What a session needs beside its files, until it is measured: five times what most of the sample models do. */
    private static final long SESSION_OVERHEAD_BYTES = 1 << 20;

    /** Weights are there once, and once more where kernels have them in an order of their own; a measure of more is doubted. */
    private static final long MOST_TIMES_FILES = 4;

    private static final long MOST_BESIDE_FILES = 64 << 20;

    private final Registry registry;
    private final LocalStore store;
    private final ServableLoader loader;
    private final Catalog catalog;
    private final SessionsConfig config;
    private final SessionListener listener;
    private final ScheduledExecutorService timer;
    private final VersionTable table;
    private final MemoryBudget budget;
    private final SessionCache cache;
    private final ExecutorService loads;
    private final Map<Digest, Long> lacks =
            new ConcurrentHashMap<>(); // bytes that there was no room for when it was tried last
    private volatile boolean stopping;

    /**
     * Makes an empty set of sessions; {@link #follow} fills it.
     *
     * @param timer runs retries; stays the caller's
     * @param nanoTime as {@link System#nanoTime()}, by which the ages of sessions are told
     */
    public Sessions(
            Registry registry,
            LocalStore store,
            ServableLoader loader,
            Catalog catalog,
            SessionsConfig config,
            SessionListener listener,
            ScheduledExecutorService timer,
            InstantSource clock,
            LongSupplier nanoTime) {
        this.registry = registry;
        this.store = store;
        this.loader = loader;
        this.catalog = catalog;
        this.config = config;
        this.listener = listener;
        this.timer = timer;
        table = new VersionTable(catalog, clock, listener);
        budget = new MemoryBudget(config.memoryLimitBytes());
        cache = new SessionCache(budget, nanoTime);
        loads = Executors.newFixedThreadPool(
                config.parallelLoads(),
                Thread.ofPlatform().name("serin-load-", 0).daemon().factory());
    }

    /** Takes in a look at the registry, and begins to load what is wanted. */
    @Override
    public void follow(RegistrySnapshot snapshot) {
        table.follow(snapshot);
        catalog.models().forEach(this::loadWanted);
    }

    /** The registry can be read again: what failed on the way is tried at once rather than after its pause. */
    @Override
    public void recovered() {
        table.wayIsClear();
        catalog.models().forEach(this::loadWanted);
    }

    /**
     * Lends a version, waiting for it to load if need be; the caller closes the lease.
     *
     * @throws ServingException when it is not ready by the deadline, cannot be loaded, or there is no room
     */
    public Lease lease(CatalogVersion version, Deadline deadline) {
        return version.digest().flatMap(cache::lease).orElseGet(() -> leaseLoaded(version.id(), deadline));
    }

    private Lease leaseLoaded(VersionId id, Deadline deadline) {
        long waited = 0;
        while (true) { // again if it was evicted between the end of its load and our lease
            CatalogVersion current = current(id);
            Optional<Lease> lease = current.digest().flatMap(cache::lease);
            if (lease.isPresent()) {
                return lease.get().after(waited);
            }
            refuseAgain(current);
            long began = System.nanoTime();
            Begun begun = table.begin(id).orElseThrow(() -> cannotBeLoaded(current));
            if (current.state() != VersionState.FAILED) { // or nobody had room for long beside one that always fails
                begun.load().asked().set(true);
            }
            if (begun.isNew()) {
                submit(begun.load());
            }
            await(begun.load(), deadline);
            waited += System.nanoTime() - began;
        }
    }

    /**
     * What there was no room for is refused without a load as long as there could be none: callers of cold versions would otherwise
     * take the cores from those of loaded ones, for loads that cannot end well.
     */
    private void refuseAgain(CatalogVersion version) {
        boolean mayLoad = version.state() == VersionState.PENDING
                || (version.state() == VersionState.COLD && version.failure().isEmpty());
        if (!mayLoad || stopping) {
            return;
        }
        table.lacking(version.id())
                .filter(digest -> !cache.has(digest)) // nor is it being loaded under another name
                .map(lacks::get)
                .filter(needed -> !couldMakeRoom(version, needed))
                .ifPresent(needed -> {
                    throw refusal(version.id(), needed);
                });
    }

    private boolean couldMakeRoom(CatalogVersion version, long bytes) {
        if (budget.missingBytes(bytes) <= 0) {
            return true;
        }
        List<EvictionPolicy.Candidate> loaded =
                cache.loaded(); // first, so that what goes meanwhile counts in one of both
        long missing = budget.missingBytes(bytes);
        if (!EvictionPolicy.couldMakeRoom(loaded, Set.of(), missing, true)) { // else all models have to be looked at
            return false;
        }
        boolean forTraffic = isForTraffic(version.id(), true);
        return forTraffic || EvictionPolicy.couldMakeRoom(loaded, withTraffic(), missing, false);
    }

    private void await(Load load, Deadline deadline) {
        try {
            load.done().get(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw stillLoading(current(load.id()));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ServingException failure ? failure : cannotBeLoaded(current(load.id()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServingException(ErrorCode.STOPPING, "This gateway is shutting down; another will answer.");
        }
    }

    private CatalogVersion current(VersionId id) {
        return catalog.model(id.model())
                .flatMap(model -> model.version(id.version()))
                .orElseThrow(() -> new ServingException(
                        ErrorCode.VERSION_NOT_FOUND, "Version '%s' is no longer in the registry.".formatted(id)));
    }

    // Loading

    private void loadWanted(CatalogModel model) {
        for (CatalogVersion version : LoadPlan.wanted(model, config)) {
            boolean unloaded = version.state() == VersionState.PENDING || version.state() == VersionState.FAILED;
            boolean interrupted =
                    version.state() == VersionState.COLD && version.failure().isPresent(); // somebody asked for it
            if ((unloaded || interrupted) && !table.hasNoRoom(version.id())) {
                table.begin(version.id()).filter(Begun::isNew).ifPresent(begun -> submit(begun.load()));
            }
        }
    }

    private void submit(Load load) {
        try {
            loads.execute(() -> run(load));
        } catch (RejectedExecutionException e) {
            load.done().completeExceptionally(stopping());
        }
    }

    private void run(Load load) {
        try {
            if (stopping) {
                throw stopping();
            }
            load(load);
            load.done().complete(null);
        } catch (MemoryFull e) {
            lacks.put(e.digest, e.neededBytes);
            table.noRoom(load, e.refusal.text(), e.digest, e.neededBytes, e.freeBytes)
                    .ifPresent(why -> waitForRoom(load.id(), why));
            load.done().completeExceptionally(e.refusal);
        } catch (ServingException e) { // we are stopping
            table.givenUp(load);
            load.done().completeExceptionally(e);
        } catch (ModelRefusedException | VerificationException e) {
            failed(load, Objects.requireNonNullElse(e.getMessage(), "no reason was given"), e, Fault.VERSION);
        } catch (NoRoomException e) {
            failed(load, e.reason(), e, Fault.STORE_FULL);
        } catch (LocalStoreException e) { // the next may have more luck: it does not lie in the version
            boolean registryToo = e.getCause() instanceof RegistryException; // a damaged copy, and no other to be had
            failed(load, e.reason(), e, registryToo ? Fault.WAY : Fault.DISK);
        } catch (RegistryException e) { // names folders and addresses: not for everybody
            failed(load, "its files cannot be fetched just now; the log of the gateway says why", e, Fault.WAY);
        } catch (Throwable e) { // a bug must fail one version, not the loading thread
            LOG.log(System.Logger.Level.ERROR, () -> "Failed to load " + load.id(), e);
            failed(load, "an internal failure while loading; the log of the gateway has it", e, Fault.VERSION);
        }
        catalog.model(load.id().model()).ifPresent(this::loadWanted);
    }

    private void load(Load load) {
        VersionId id = load.id();
        try (StoredVersion stored = download(load)) { // what is loaded has a share of its own
            table.loading(id);
            try (Lease lease = cache.load(stored.digest(), new Loading(load, stored))) {
                lacks.remove(stored.digest()); // under whatever name
                Servable servable = lease.servable();
                Loaded how = new Loaded(stored.downloadTook(), stored.verifyTook(), servable.report());
                table.ready(load, stored.digest(), servable.signature(), how, weight(stored, servable));
            }
        }
    }

    /** One load, as the cache sees it. */
    private final class Loading implements SessionCache.Loading {
        private final Load load;
        private final StoredVersion stored;
        private long wanted; // bytes that were reserved, or asked for

        private Loading(Load load, StoredVersion stored) {
            this.load = load;
            this.stored = stored;
        }

        @Override
        public long expectedBytes() {
            Long lack = lacks.get(stored.digest());
            if (lack != null && lack > budget.limitBytes()) { // for good: it is not loaded once more to see it
                throw noRoom(load.id(), stored.digest(), lack);
            }
            return expected(stored);
        }

        @Override
        public void reserve(long bytes) {
            wanted += bytes;
            Sessions.this.reserve(load, stored.digest(), bytes, wanted);
        }

        @Override
        public Servable load() {
            return servable(load, stored);
        }

        @Override
        public long bytes(Servable loaded) {
            long bytes = weight(stored, loaded);
            if (loaded.report().memoryBytes().isPresent()) {
                stored.rememberFootprint(bytes);
            }
            return bytes;
        }
    }

    private StoredVersion download(Load load) {
        LocalStore.Progress progress = (done, total) -> {
            if (stopping) {
                throw stopping();
            }
            table.progress(load.id(), done, total);
        };
        return switch (load.definition()) {
            case RegisteredVersion.Published published -> store.fetch(registry, published.manifest(), progress);
            case RegisteredVersion.HandDropped dropped -> store.fetch(registry, dropped, progress);
            case RegisteredVersion.BeingPublished _ ->
                throw new VerificationException("it is being published: its manifest is not there yet");
            case RegisteredVersion.Unusable unusable -> throw new VerificationException(unusable.reason());
        };
    }

    private Servable servable(Load load, StoredVersion stored) {
        try {
            return loader.load(
                    stored,
                    load.definition() instanceof RegisteredVersion.Published published
                            ? published.manifest().signature()
                            : Optional.empty(),
                    Deadline.after(config.loadTimeout()));
        } catch (UncheckedIOException e) {
            throw LocalStoreException.of(
                    Objects.requireNonNullElse(e.getMessage(), "Cannot read"), Objects.requireNonNull(e.getCause()));
        }
    }

    private void failed(Load load, String reason, Throwable cause, Fault fault) {
        Optional<Duration> pause = table.failed(load, reason, cause, fault);
        pause.ifPresent(delay -> retryAfter(load.id(), delay));
        load.done().completeExceptionally(cause);
    }

    private void waitForRoom(VersionId id, Failure why) {
        RetryPolicy.pauseAfter(why.attempts(), false).ifPresent(delay -> retryAfter(id, delay));
    }

    private void retryAfter(VersionId id, Duration delay) {
        try {
            var _ = timer.schedule(() -> retry(id), delay.toMillis() + 1, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "No retry of " + id + ": the gateway is stopping");
        }
    }

    private void retry(VersionId id) {
        table.tryAgain(id);
        catalog.model(id.model()).ifPresent(this::loadWanted);
    }

    // Memory

    /**
     * {@return what a version probably weighs: what it did at an earlier load} If that was more than there can be it is not
     * believed, once in a process: no version is to be kept out for ever by a wrong figure.
     */
    private long expected(StoredVersion stored) {
        OptionalLong earlier = stored.footprint();
        return earlier.isPresent() && earlier.getAsLong() <= budget.limitBytes()
                ? earlier.getAsLong()
                : estimate(stored);
    }

    /**
     * {@return what it weighs now that it is loaded: as measured, but not less than its files; or an estimate} A measure may have the
     * tensors of other versions' runs in it, so what is far beyond the files is not believed.
     */
    private static long weight(StoredVersion stored, Servable loaded) {
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
     */
    private void reserve(Load load, Digest digest, long bytes, long all) {
        VersionId id = load.id();
        Deadline deadline = Deadline.after(config.loadTimeout());
        while (true) {
            long releases = budget.releases(); // before anything goes, so that its release is not missed
            if (all <= budget.limitBytes() && budget.tryReserve(bytes)) {
                return;
            }
            if (all > budget.limitBytes() || deadline.hasPassed() || stopping) {
                throw noRoom(id, digest, all);
            }
            List<EvictionPolicy.Candidate> candidates = cache.candidates();
            long missing = budget.missingBytes(bytes);
            boolean forTraffic = isForTraffic(id, load.asked().get());
            Set<Digest> withTraffic = forTraffic || !EvictionPolicy.couldMakeRoom(candidates, Set.of(), missing, true)
                    ? Set.of() // which all models have to be looked at for
                    : withTraffic();
            List<Digest> victims = EvictionPolicy.choose(candidates, withTraffic, missing, forTraffic)
                    .orElseThrow(() -> noRoom(id, digest, all));
            victims.forEach(this::evict);
            awaitRelease(releases, deadline);
        }
    }

    /**
     * A version that callers ask for has traffic, too, if its model has none that could answer them.
     *
     * @param asked whether callers do
     */
    private boolean isForTraffic(VersionId id, boolean asked) {
        return catalog.model(id.model()).stream()
                .anyMatch(model -> (asked && model.newest().isEmpty())
                        || trafficOf(model).stream()
                                .anyMatch(version -> version.id().equals(id)));
    }

    private void awaitRelease(long releases, Deadline deadline) {
        try {
            budget.awaitRelease(releases, deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw stopping();
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
            trafficOf(model).forEach(version -> version.digest().ifPresent(digests::add));
        }
        return digests;
    }

    private static Set<CatalogVersion> trafficOf(CatalogModel model) {
        Set<CatalogVersion> traffic = LoadPlan.named(model);
        model.newest().ifPresent(traffic::add);
        return traffic;
    }

    // What is told

    /**
     * {@return how many of the versions that are wanted unasked are loaded, or failed for a cause that the registry does not
     * mend: in the version, or in what room there is here}
     *
     * @param registryAnswers whether the registry can be read just now: then one failed attempt is enough, because what is
     *     missing may never come; its retries go on. While it cannot, one is enough where another version of the model
     *     answers, so that an outage does not keep from serving what can be served
     */
    public Settled settled(boolean registryAnswers) {
        int wanted = (int) table.candidates(); // start-up waits for the second look at them
        int settled = 0;
        for (CatalogModel model : catalog.models()) {
            for (CatalogVersion version : LoadPlan.wanted(model, config)) {
                wanted++;
                boolean oneIsEnough = registryAnswers || model.newest().isPresent();
                if (isSettled(version) || (oneIsEnough && hasFailed(version))) {
                    settled++;
                }
            }
        }
        return new Settled(settled, wanted);
    }

    private boolean isSettled(CatalogVersion version) {
        return switch (version.state()) {
            case READY, COLD, RETIRED -> true;
            case FAILED, PENDING, DOWNLOADING, LOADING -> table.isSettled(version.id());
        };
    }

    private static boolean hasFailed(CatalogVersion version) {
        return version.failure().filter(failure -> failure.attempts() > 0).isPresent();
    }

    /** How far start-up is. */
    public record Settled(int settled, int wanted) {
        public boolean all() {
            return settled == wanted;
        }
    }

    private static ServingException stillLoading(CatalogVersion version) {
        String phase = version.progress()
                .map(Sessions::downloaded)
                .orElse(
                        version.state() == VersionState.LOADING
                                ? "making and warming its session"
                                : "waiting its turn");
        return new ServingException(
                        ErrorCode.VERSION_LOADING,
                        "%s is loading: %s. Your deadline was shorter.".formatted(version.id(), phase))
                .retryAfter(Duration.ofSeconds(2));
    }

    private static String downloaded(Progress progress) {
        long percent = progress.totalBytes() == 0 ? 100 : progress.doneBytes() * 100 / progress.totalBytes();
        return "downloading %d %% of %.1f MiB".formatted(percent, progress.totalBytes() / 1048576.0);
    }

    private ServingException cannotBeLoaded(CatalogVersion version) {
        String reason = version.failure()
                .map(Failure::reason)
                .orElse("it is " + version.state().label());
        String tries = version.failure()
                .filter(failure -> failure.attempts() > 0)
                .map(Sessions::tries)
                .orElse("");
        String working = catalog.model(version.id().model()).stream()
                .flatMap(model -> model.versions().reversed().stream())
                .filter(CatalogVersion::isEligible)
                .limit(SHOWN_VERSIONS)
                .map(other -> other.id().version().value())
                .collect(Collectors.joining(", "));
        return new ServingException(
                ErrorCode.VERSION_FAILED,
                "%s cannot be loaded: %s.%s%s"
                        .formatted(version.id(), reason, tries, working.isEmpty() ? "" : " Working: " + working + "."));
    }

    private static String tries(Failure failure) {
        return failure.nextTry()
                .map(next -> " Tried %s, again at %s.".formatted(attempts(failure.attempts()), TIME.format(next)))
                .orElse(" Tried %d times; a change in the registry starts it over.".formatted(failure.attempts()));
    }

    /** What lies on the way to a version is tried for ever, so that the number may be passed. */
    private static String attempts(int made) {
        int most = RetryPolicy.LASTING_ATTEMPTS;
        return made <= most ? "%d of %d times".formatted(made, most) : made + " times";
    }

    private MemoryFull noRoom(VersionId id, Digest digest, long bytes) {
        return new MemoryFull(refusal(id, bytes), digest, bytes, budget.freeBytes());
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
    private static final class MemoryFull extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final ServingException refusal;
        private final transient Digest digest;
        private final long neededBytes;
        private final long freeBytes;

        MemoryFull(ServingException refusal, Digest digest, long neededBytes, long freeBytes) {
            super(null, refusal, true, false); // an answer, not a bug: no stack trace to pay for
            this.refusal = refusal;
            this.digest = digest;
            this.neededBytes = neededBytes;
            this.freeBytes = freeBytes;
        }
    }

    private static ServingException stopping() {
        return new ServingException(ErrorCode.STOPPING, "This gateway is shutting down; another will answer.");
    }

    /** Begins no further load; downloads under way are broken off, and what is being made of one ends. */
    public void stopLoading() {
        stopping = true;
        loads.shutdown();
    }

    /** Waits for loads under way, then closes every session. No lease may be out any more. */
    @Override
    public void close() {
        stopLoading();
        loads.close();
        cache.close();
    }
}
