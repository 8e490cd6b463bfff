package dev.serin.gateway;

import dev.serin.gateway.config.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Where versions come from.
 *
 * @param url as configured: a directory
 * @param root the directory, absolute
 * @param fullScanInterval as it takes effect
 * @param store folder of the local copies
 */
public record RegistryConfig(
        String url, Path root, Duration pollInterval, Duration fullScanInterval, boolean requireManifest, Path store) {
    /** Listing a directory is cheap, so what was copied in by hand need not wait longer. */
    private static final Duration DIRECTORY_SCAN = Duration.ofSeconds(10);

    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://.*");

    public RegistryConfig {
        if (!pollInterval.isPositive() || !fullScanInterval.isPositive()) {
            throw new IllegalArgumentException(
                    "Intervals must be positive, got %s and %s".formatted(pollInterval, fullScanInterval));
        }
        if (!root.isAbsolute() || !store.isAbsolute()) {
            throw new IllegalArgumentException("Paths must be absolute, got %s and %s".formatted(root, store));
        }
    }

    /** Reads the settings {@code registry.*} and {@code store.*}; faults are noted there. */
    public static RegistryConfig from(Settings settings) {
        Duration fullScan = settings.duration("registry.full-scan-interval", Duration.ofMillis(10), Duration.ofDays(1));
        return new RegistryConfig(
                settings.text("registry.url"),
                root(settings),
                settings.duration("registry.poll-interval", Duration.ofMillis(10), Duration.ofDays(1)),
                fullScan.compareTo(DIRECTORY_SCAN) < 0 ? fullScan : DIRECTORY_SCAN,
                settings.flag("registry.require-manifest"),
                settings.path("store.path"));
    }

    private static Path root(Settings settings) {
        String url = settings.text("registry.url");
        if (url.startsWith("s3://")) {
            settings.fault("registry.url", "S3 registries are not served by this version; give a directory");
        } else if (SCHEME.matcher(url).matches()) {
            settings.fault("registry.url", "it takes a directory");
        }
        return settings.path("registry.url");
    }
}
