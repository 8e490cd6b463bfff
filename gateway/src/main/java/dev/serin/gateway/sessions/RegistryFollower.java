package dev.serin.gateway.sessions;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.RegistryState;
import dev.serin.gateway.catalog.RegistryState.Stale;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.StoreException;
import dev.serin.registry.store.LocalStoreException;
import dev.serin.registry.store.RememberingRegistry;
import dev.serin.registry.watch.RegistryScanner;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Polls the registry on one thread and passes on what it sees. A registry that cannot be read is told once, and shown in
 * the {@link Catalog}; whatever was seen before, in this process or a former one, stays true until it answers again. What
 * repeats a failed request is this loop, at the pace of {@link PollPause}, and nobody else.
 */
public final class RegistryFollower implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RegistryFollower.class.getName());

    private static final String INTERNAL_FAILURE = "an internal failure; the log of the gateway has it";

    /** Writing down what is known costs time that grows with the registry. */
    private static final Duration SAVE_INTERVAL = Duration.ofSeconds(30);

    private final RememberingRegistry registry;
    private final RegistryScanner scanner;
    private final Followed sessions;
    private final SessionListener listener;
    private final Catalog catalog;
    private final ScheduledExecutorService thread;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Outage outage = new Outage(); // of the polling thread, as all below
    private int failures; // since the last look that succeeded
    private Instant savedAt = Instant.MIN;
    private boolean toldOfFailedSave;
    private volatile boolean answered; // read by all, as all below
    private volatile boolean closing;
    private volatile Optional<RegistryException> hopeless = Optional.empty();

    /**
     * Makes a follower; {@link #start} starts it.
     *
     * @param catalog is told how the registry answers
     * @param thread runs the polls and nothing else; stays the caller's, but {@link #close} shuts it down
     * @param random for the jitter of pauses after failures
     */
    public RegistryFollower(
            RememberingRegistry registry,
            RegistryScanner scanner,
            Followed sessions,
            SessionListener listener,
            Catalog catalog,
            ScheduledExecutorService thread,
            InstantSource clock,
            RandomGenerator random) {
        this.registry = registry;
        this.scanner = scanner;
        this.sessions = sessions;
        this.listener = listener;
        this.catalog = catalog;
        this.thread = thread;
        this.clock = clock;
        this.random = random;
    }

    /** Who is told what the registry holds, on the polling thread. */
    @FunctionalInterface
    public interface Followed {
        /** Another look has succeeded. */
        void follow(RegistrySnapshot snapshot);

        /** That look was the first after an outage. */
        default void recovered() {}
    }

    /** Polls at once and from then on at every interval, more rarely while polls fail: all of it on the polling thread. */
    public void start(Duration interval) {
        pollAfter(Duration.ZERO, interval);
    }

    private void pollAfter(Duration pause, Duration interval) {
        try {
            var _ = thread.schedule(() -> pollOn(interval), pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException _) { // closed meanwhile: there is no next one
        }
    }

    private void pollOn(Duration interval) {
        int before = failures;
        try {
            poll();
        } catch (Throwable e) { // a bug in one look must not end the looking, nor must a full heap
            if (!closing) {
                failures = before + 1;
                showStale(INTERNAL_FAILURE);
                LOG.log(System.Logger.Level.ERROR, "Failed to follow the registry", e);
            }
        } finally { // whatever became of this one, and of the telling of it
            pollAfter(PollPause.after(failures, interval, random.nextDouble()), interval);
        }
    }

    /** {@return whether the registry has been read at least once, be it from what a former process remembered} */
    public boolean hasAnswered() {
        return answered;
    }

    /** {@return why the first look failed, if waiting does not mend it and nothing is remembered} */
    public Optional<RegistryException> hopeless() {
        return hopeless;
    }

    /** {@return since when and why the registry cannot be read} */
    public Optional<Stale> stale() {
        return catalog.registry().stale();
    }

    private void poll() {
        try {
            sessions.follow(look());
            answered = true;
            registry.unreachable().ifPresentOrElse(this::failed, this::recovered);
            save();
        } catch (RegistryException e) {
            if (!closing) { // else it is ours: it was broken off
                failed(e);
                hopeless = answered || !isCertain(e) ? Optional.empty() : Optional.of(e);
            }
        }
    }

    private RegistrySnapshot look() {
        RegistrySnapshot seen = scanner.poll();
        if (!registry.isListingDue()) {
            return seen;
        }
        scanner.listAllNext(); // what it has seen is what a former process remembered, and the registry is back
        return scanner.poll();
    }

    private void failed(RegistryException e) {
        failures++;
        Stale stale = showStale(Outage.inWords(e));
        if (outage.isNews(e, clock.instant())) {
            listener.registryStale(e, stale.age(clock));
        }
    }

    private Stale showStale(String reason) {
        Optional<Instant> readAt = catalog.registry().readAt();
        Instant since = stale().map(Stale::since).or(() -> readAt).orElseGet(clock::instant);
        Stale stale = new Stale(since, reason);
        catalog.registry(new RegistryState(readAt, Optional.of(stale)));
        return stale;
    }

    private void recovered() {
        failures = 0;
        Optional<Stale> was = stale();
        catalog.registry(new RegistryState(Optional.of(clock.instant()), Optional.empty()));
        if (was.isPresent()) {
            if (outage.end()) {
                listener.registryRecovered(was.get().age(clock));
            }
            sessions.recovered();
        }
    }

    private static boolean isCertain(RegistryException e) {
        return e instanceof StoreException failure && failure.isCertain();
    }

    private void save() {
        if (clock.instant().isBefore(savedAt.plus(SAVE_INTERVAL))) {
            return;
        }
        try {
            registry.save();
            toldOfFailedSave = false;
        } catch (LocalStoreException e) { // a full disk costs the next start a look, and nothing now
            if (!toldOfFailedSave) {
                listener.notRemembered(e);
            }
            toldOfFailedSave = true;
        }
        savedAt = clock.instant();
    }

    /** Ends the polling; a poll under way is interrupted, and what it then says of the registry is not believed. */
    @Override
    public void close() {
        closing = true;
        thread.shutdownNow();
    }
}
