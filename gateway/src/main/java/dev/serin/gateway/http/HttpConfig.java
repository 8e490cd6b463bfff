package dev.serin.gateway.http;

import dev.serin.gateway.config.Machine;
import dev.serin.gateway.config.Settings;
import dev.serin.inference.json.JsonLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The two listeners and what one request may ask of them.
 *
 * @param port 0 takes a free one
 * @param maxConnections of each listener; kept under the limit of open files
 * @param maxBodyBytes of one request
 * @param drainTimeout how long a stop waits for requests in progress
 */
public record HttpConfig(
        String host,
        int port,
        Management management,
        int maxConnections,
        long maxBodyBytes,
        JsonLimits jsonLimits,
        ReadLimits readLimits,
        Duration drainTimeout) {
    private static final int HIGHEST_PORT = 65_535;
    private static final long FILES_FOR_OTHER_USES = 128;
    private static final int FEWEST_CONNECTIONS = 16;

    public HttpConfig {
        checkPort(port);
        if (maxConnections < 1 || maxBodyBytes < 1 || drainTimeout.isNegative()) {
            throw new IllegalArgumentException("Limits must be positive, got %d connections, %d bytes, %s"
                    .formatted(maxConnections, maxBodyBytes, drainTimeout));
        }
    }

    /**
     * The listener for operators.
     *
     * @param port 0 takes a free one
     * @param token what lets somebody change things; without one nobody does
     * @param hosts further names, in small letters, under which {@code /admin} may be asked
     */
    public record Management(String host, int port, Optional<ManagementToken> token, Set<String> hosts) {
        public Management {
            checkPort(port);
            hosts = hosts.stream().filter(name -> !name.isEmpty()).collect(Collectors.toUnmodifiableSet());
        }

        private static Management from(Settings settings) {
            return new Management(
                    settings.text("management.host").toLowerCase(Locale.ROOT),
                    settings.integer("management.port", 0, HIGHEST_PORT),
                    token(settings),
                    settings.optionalText("management.hosts").stream()
                            .flatMap(names ->
                                    Stream.of(names.toLowerCase(Locale.ROOT).split("[, ]+")))
                            .collect(Collectors.toSet()));
        }

        private static Optional<ManagementToken> token(Settings settings) {
            String key = "management.token-file";
            Optional<ManagementToken> token = settings.optionalPath(key).map(ManagementToken::new);
            token.ifPresent(file -> {
                try {
                    file.read();
                } catch (IOException e) {
                    settings.fault(key, "it cannot be used: " + e.getMessage());
                }
            });
            return token;
        }
    }

    private static void checkPort(int port) {
        if (port < 0 || port > HIGHEST_PORT) {
            throw new IllegalArgumentException("A port must be in [0, %d], got %d".formatted(HIGHEST_PORT, port));
        }
    }

    /** Reads the settings {@code server.*}, {@code management.*} and {@code requests.*}; faults are noted there. */
    public static HttpConfig from(Settings settings, Machine machine) {
        int port = settings.integer("server.port", 0, HIGHEST_PORT);
        Management management = Management.from(settings);
        if (port == management.port() && port != 0) {
            settings.fault("management.port", "server.port is the same; give another, or 0 for a free one");
        }
        return new HttpConfig(
                settings.text("server.host"),
                port,
                management,
                maxConnections(settings, machine),
                settings.bytes("requests.max-size", 1 << 10, 1 << 30),
                new JsonLimits(
                        settings.integer("requests.max-depth", 4, 1_000),
                        settings.integer("requests.max-elements", 1, 1 << 28)),
                new ReadLimits(
                        settings.duration("requests.header-timeout", Duration.ofMillis(100), Duration.ofMinutes(10)),
                        settings.duration("requests.body-timeout", Duration.ofMillis(100), Duration.ofMinutes(10))),
                settings.duration("server.drain-timeout", Duration.ZERO, Duration.ofHours(1)));
    }

    /** Both listeners at their limit must leave files enough for everything else: then refusing works, accepting not. */
    private static int maxConnections(Settings settings, Machine machine) {
        int asked = settings.integer("server.max-connections", 1, 1_000_000);
        long possible = Math.max(FEWEST_CONNECTIONS, (machine.openFiles() - FILES_FOR_OTHER_USES) / 2);
        if (asked > possible) {
            settings.warn("server.max-connections is lowered from %d to %d: this process may open %d files"
                    .formatted(asked, possible, machine.openFiles()));
        }
        return (int) Math.min(asked, possible);
    }
}
