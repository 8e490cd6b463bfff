package dev.serin.gateway.sessions;

import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistrySnapshot;
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
 * seen before stays true until it answers again.
 */
public final class RegistryFollower implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RegistryFollower.class.getName());

    private final RegistryScanner scanner;
    private final Consumer<RegistrySnapshot> sessions;
    private final SessionListener listener;
    private final ScheduledExecutorService thread;
    private final InstantSource clock;
    private volatile Optional<Stale> stale = Optional.empty();
    private volatile boolean answered;

    /**
     * Makes a follower; {@link #start} starts it.
     *
     * @param thread runs the polls; stays the caller's
     */
    public RegistryFollower(
            RegistryScanner scanner,
            Consumer<RegistrySnapshot> sessions,
            SessionListener listener,
            ScheduledExecutorService thread,
            InstantSource clock) {
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

    /** {@return whether the registry has been read at least once} */
    public boolean hasAnswered() {
        return answered;
    }

    public Optional<Stale> stale() {
        return stale;
    }

    private void poll() {
        try {
            sessions.accept(scanner.poll());
            answered = true;
            stale.ifPresent(was -> listener.registryRecovered(Duration.between(was.since(), clock.instant())));
            stale = Optional.empty();
        } catch (RegistryException e) {
            if (stale.isEmpty()) {
                String reason = Optional.ofNullable(e.getMessage()).orElse("no reason was given");
                stale = Optional.of(new Stale(clock.instant(), reason));
                listener.registryStale(reason);
            }
        } catch (RuntimeException e) { // a bug in one look must not end the looking
            LOG.log(System.Logger.Level.ERROR, "Failed to follow the registry", e);
        }
    }

    /** Ends the polling; a poll under way ends by itself. */
    @Override
    public void close() {
        thread.shutdown();
    }
}
