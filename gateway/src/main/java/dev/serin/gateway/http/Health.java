package dev.serin.gateway.http;

import io.helidon.health.HealthCheck;
import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckType;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The gateway's own opinion of itself, from Helidon's health checks. A check that is down says why in its detail
 * {@code reason}. Never waits for anything that a prediction holds. Thread-safe.
 */
public final class Health {
    /** The detail of a check that says in one sentence why it is down. */
    public static final String REASON = "reason";

    private final List<HealthCheck> checks;
    private final Drain drain;
    private volatile boolean started;

    /** Asks the checks each time; a gateway that drains is not ready whatever they say. */
    public Health(List<HealthCheck> checks, Drain drain) {
        this.checks = List.copyOf(checks);
        this.drain = drain;
    }

    /**
     * An opinion.
     *
     * @param reason empty when up
     * @param details of each check, by name
     */
    public record Verdict(boolean isUp, String reason, Map<String, Map<String, Object>> details) {}

    /** {@return whether the process is worth keeping} */
    public Verdict live() {
        return ask(HealthCheckType.LIVENESS);
    }

    /** {@return whether requests should be sent here} */
    public Verdict ready() {
        Verdict verdict = ask(HealthCheckType.READINESS);
        if (drain.isDraining()) {
            return new Verdict(false, "stopping", verdict.details());
        }
        started |= verdict.isUp();
        return verdict;
    }

    /** {@return whether it has been ready once, which stays so} */
    public Verdict started() {
        return started ? new Verdict(true, "", Map.of()) : ready();
    }

    private Verdict ask(HealthCheckType type) {
        String reason = "";
        Map<String, Map<String, Object>> details = new TreeMap<>();
        for (HealthCheck check : checks) {
            if (check.type() == type) {
                HealthCheckResponse response = check.call();
                details.put(check.name(), describe(response));
                if (reason.isEmpty() && response.status() != HealthCheckResponse.Status.UP) {
                    reason = String.valueOf(response.details().getOrDefault(REASON, check.name() + " is down"));
                }
            }
        }
        return new Verdict(reason.isEmpty(), reason, details);
    }

    private static Map<String, Object> describe(HealthCheckResponse response) {
        Map<String, Object> described = new TreeMap<>(response.details());
        described.put("status", response.status().name());
        return described;
    }
}
