package dev.serin.gateway.sessions;

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
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Polls the registry on one thread and passes on what it sees. A registry that cannot be read is told once; whatever was
 * seen before, in this process or a former one, stays true until it answers again.
 */
public final class RegistryFollower implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RegistryFollower.class.getName());

    /** Writing down what is known costs time that grows with the registry. */
    private static final Duration SAVE_INTERVAL = Duration.ofSeconds(30);

    private final RememberingRegistry registry;
    private final RegistryScanner scanner;
    private final Consumer<RegistrySnapshot> sessions;
    private final SessionListener listener;
    private final ScheduledExecutorService thread;
    private final InstantSource clock;
    private volatile Optional<Stale> stale = Optional.empty();
    private volatile boolean answered;
    private volatile Optional<RegistryException> hopeless = Optional.empty();
    private Instant savedAt = Instant.MIN; // of the polling thread, as is the next
    private boolean toldOfFailedSave;

    /**
     * Makes a follower; {@link #start} starts it.
     *
     * @param thread runs the polls; stays the caller's
     */
    public RegistryFollower(
            RememberingRegistry registry,
            RegistryScanner scanner,
            Consumer<RegistrySnapshot> sessions,
            SessionListener listener,
            ScheduledExecutorService thread,
            InstantSource clock) {
        this.registry = registry;
        this.scanner = scanner;
        this.sessions = sessions;
        this.listener = listener;
        this.thread = thread;
        this.clock = clock;
    }

    /** Since when and why the registry cannot be read. */
    public record Stale(Instant since, String reason) {}

    /** Polls now, on the caller's thread, and from then on at every interval. */
    public void start(Duration interval) {
        poll();
        var _ = thread.scheduleWithFixedDelay(this::poll, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** {@return whether the registry has been read at least once, be it from what a former process remembered} */
    public boolean hasAnswered() {
        return answered;
    }

    /** {@return why the first look failed, if waiting does not mend it and nothing is remembered} */
    public Optional<RegistryException> hopeless() {
        return hopeless;
    }

    public Optional<Stale> stale() {
        return stale;
    }

    private void poll() {
        try {
            sessions.accept(scanner.poll());
            answered = true;
            registry.unreachable().ifPresentOrElse(this::failed, this::recovered);
            save();
        } catch (RegistryException e) {
            failed(e);
            hopeless = answered || !isCertain(e) ? Optional.empty() : Optional.of(e);
        } catch (Throwable e) { // a bug in one look must not end the looking, nor must a full heap
            LOG.log(System.Logger.Level.ERROR, "Failed to follow the registry", e);
        }
    }

    private void failed(RegistryException e) {
        if (stale.isEmpty()) {
            stale = Optional.of(new Stale(clock.instant(), e.getMessage()));
            listener.registryStale(e);
        }
    }

    private void recovered() {
        stale.ifPresent(was -> listener.registryRecovered(Duration.between(was.since(), clock.instant())));
        stale = Optional.empty();
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

    /** Ends the polling; a poll under way ends by itself. */
    @Override
    public void close() {
        thread.shutdown();
    }
}
