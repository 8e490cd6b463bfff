package dev.serin.gateway;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.RegistryState;
import dev.serin.gateway.http.Health;
import dev.serin.gateway.sessions.RegistryFollower;
import dev.serin.gateway.sessions.Sessions;
import dev.serin.gateway.sessions.Sessions.Settled;
import io.helidon.health.HealthCheck;
import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckType;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Whether start-up has come to its end: the registry was read, and every version that was chosen is settled
 * ({@link Sessions#settled}). Once it has, it stays so: neither the registry nor a model takes readiness away again.
 */
final class Readiness {
    private final Sessions sessions;
    private final RegistryFollower follower;
    private final Catalog catalog;
    private final InstantSource clock;
    private volatile boolean started;

    Readiness(Sessions sessions, RegistryFollower follower, Catalog catalog, InstantSource clock) {
        this.sessions = sessions;
        this.follower = follower;
        this.catalog = catalog;
        this.clock = clock;
    }

    /** {@return the checks behind the health endpoints} */
    List<HealthCheck> checks() {
        return List.of(
                new Check("process", HealthCheckType.LIVENESS, () -> ""),
                new Check("start-up", HealthCheckType.READINESS, this::whyNot),
                new RegistryCheck(catalog, clock));
    }

    /** Waits until the registry was read, or refused us for good; false when a signal to stop came first. */
    boolean awaitRegistry(ShutdownSignal signal) throws InterruptedException {
        while (!follower.hasAnswered() && follower.hopeless().isEmpty()) {
            if (signal.await(20, TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
        return true;
    }

    /** Waits until the gateway is ready; false when a signal to stop came first. */
    boolean await(ShutdownSignal signal) throws InterruptedException {
        while (!whyNot().isEmpty()) {
            if (signal.await(20, TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
        return true;
    }

    /** {@return why it is not ready; empty when it is} */
    private String whyNot() {
        if (started) {
            return "";
        }
        if (!follower.hasAnswered()) {
            return follower.stale()
                    .map(stale -> "starting: the registry cannot be read")
                    .orElse("starting: the registry has not been read yet");
        }
        Settled settled = sessions.settled(follower.stale().isEmpty());
        started = settled.all();
        return started ? "" : "starting: %d of %d versions loaded".formatted(settled.settled(), settled.wanted());
    }

    /** How the registry answers. Up in any case: what is loaded is served without it. */
    private record RegistryCheck(Catalog catalog, InstantSource clock) implements HealthCheck {
        @Override
        public String name() {
            return "registry";
        }

        @Override
        public HealthCheckType type() {
            return HealthCheckType.READINESS;
        }

        @Override
        public HealthCheckResponse call() {
            RegistryState state = catalog.registry();
            var response = HealthCheckResponse.builder()
                    .status(true)
                    .detail("stale", state.stale().isPresent());
            state.readAt().ifPresent(at -> response.detail("read_at", at.toString()));
            state.stale()
                    .ifPresent(stale -> response.detail("since", stale.since().toString())
                            .detail("age_s", stale.age(clock).toSeconds())
                            .detail(Health.REASON, stale.reason()));
            return response.build();
        }
    }

    /** One check: up while there is no reason to be down. */
    private record Check(String name, HealthCheckType type, Supplier<String> whyNot) implements HealthCheck {
        @Override
        public HealthCheckResponse call() {
            String reason = whyNot.get();
            return reason.isEmpty()
                    ? HealthCheckResponse.builder().status(true).build()
                    : HealthCheckResponse.builder()
                            .status(false)
                            .detail(Health.REASON, reason)
                            .build();
        }
    }
}
