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
import java.util.Objects;
import java.util.Optional;
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

    private final Registry registry;
    private final LocalStore store;
    private final ServableLoader loader;
    private final Catalog catalog;
    private final SessionsConfig config;
    private final ScheduledExecutorService timer;
    private final VersionTable table;
    private final SessionCache cache;
    private final ExecutorService loads;
    private final SessionMemory memory;
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
        this.timer = timer;
        table = new VersionTable(catalog, clock, listener);
        MemoryBudget budget = new MemoryBudget(config.memoryLimitBytes());
        cache = new SessionCache(budget, nanoTime);
        memory = new SessionMemory(budget, cache, catalog, table, listener);
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
            memory.refuseAgain(current);
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

    private void await(Load load, Deadline deadline) {
        try {
            load.done().get(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw stillLoading(current(load.id()));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ServingException failure ? failure : cannotBeLoaded(current(load.id()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw stopping();
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
        } catch (SessionMemory.Full e) {
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
        memory.refuseAgain(load);
        try (StoredVersion stored = download(load)) { // what is loaded has a share of its own
            table.loading(id);
            try (Lease lease = cache.load(stored.digest(), new Loading(load, stored))) {
                memory.loaded(stored.digest());
                Servable servable = lease.servable();
                Loaded how = new Loaded(stored.downloadTook(), stored.verifyTook(), servable.report());
                table.ready(load, stored.digest(), servable.signature(), how, SessionMemory.weight(stored, servable));
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
            return memory.expectedBytes(load, stored);
        }

        @Override
        public void reserve(long bytes) {
            wanted += bytes;
            memory.reserve(load, stored.digest(), bytes, wanted, Deadline.after(config.loadTimeout()));
        }

        @Override
        public Servable load() {
            return servable(load, stored);
        }

        @Override
        public long bytes(Servable loaded) {
            long bytes = SessionMemory.weight(stored, loaded);
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

    static ServingException stopping() {
        return new ServingException(ErrorCode.STOPPING, "This gateway is shutting down; another will answer.");
    }

    /** Begins no further load; downloads under way are broken off, and what is being made of one ends. */
    public void stopLoading() {
        stopping = true;
        memory.stopEvicting();
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
