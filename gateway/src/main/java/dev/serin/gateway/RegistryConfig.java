package dev.serin.gateway;

import dev.serin.gateway.config.Settings;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.directory.DirectoryRegistry;
import dev.serin.registry.s3.S3Config;
import dev.serin.registry.s3.S3Location;
import dev.serin.registry.s3.S3Registry;
import dev.serin.registry.signing.TrustedKeys;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where versions come from.
 *
 * @param url as configured
 * @param fullScanInterval as it takes effect
 * @param trustedKeys one of which must have signed a version; empty when signatures are not required
 * @param store where local copies are kept
 */
public record RegistryConfig(
        String url,
        Source source,
        Duration pollInterval,
        Duration fullScanInterval,
        boolean requireManifest,
        Optional<TrustedKeys> trustedKeys,
        Store store) {
    /** Listing a directory is cheap, so what was copied in by hand need not wait longer. */
    private static final Duration DIRECTORY_SCAN = Duration.ofSeconds(10);

    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://.*");

    public RegistryConfig {
        if (!pollInterval.isPositive() || !fullScanInterval.isPositive()) {
            throw new IllegalArgumentException(
                    "Intervals must be positive, got %s and %s".formatted(pollInterval, fullScanInterval));
        }
    }

    /**
     * Where local copies are kept, and how many.
     *
     * @param maxBytes of all versions in it together
     */
    public record Store(Path path, long maxBytes) {
        public Store {
            if (!path.isAbsolute()) {
                throw new IllegalArgumentException("The store's path must be absolute, got " + path);
            }
        }
    }

    /** The kinds of registry. */
    public sealed interface Source {
        /** A directory, by its absolute path. */
        record Directory(Path root) implements Source {
            public Directory {
                if (!root.isAbsolute()) {
                    throw new IllegalArgumentException("The registry's path must be absolute, got " + root);
                }
            }
        }

        /** A bucket, asked once by a gateway, which polls. */
        record Bucket(S3Config s3) implements Source {}
    }

    /** Whether the bucket stands in the path of a URL rather than in its host. */
    private enum PathStyle {
        AUTO,
        TRUE,
        FALSE
    }

    /** Reads the settings {@code registry.*} and {@code store.*}; faults are noted there. */
    public static RegistryConfig from(Settings settings) {
        String url = settings.text("registry.url");
        Source source = source(settings, url);
        Duration fullScan = settings.duration("registry.full-scan-interval", Duration.ofMillis(10), Duration.ofDays(1));
        return new RegistryConfig(
                url,
                source,
                settings.duration("registry.poll-interval", Duration.ofMillis(10), Duration.ofDays(1)),
                source instanceof Source.Directory && fullScan.compareTo(DIRECTORY_SCAN) > 0
                        ? DIRECTORY_SCAN
                        : fullScan,
                settings.flag("registry.require-manifest"),
                trustedKeys(settings),
                new Store(settings.path("store.path"), settings.bytes("store.max-size", 1 << 10, 1L << 50)));
    }

    private static Optional<TrustedKeys> trustedKeys(Settings settings) {
        String key = "registry.trusted-keys";
        try {
            return settings.optionalPath(key).map(TrustedKeys::read);
        } catch (RegistryException e) {
            settings.fault(key, e.getMessage());
            return Optional.empty(); // nothing starts with a fault
        }
    }

    private static Source source(Settings settings, String url) {
        Optional<URI> endpoint = endpoint(settings);
        Optional<String> region = settings.optionalText("registry.s3.region");
        Optional<Boolean> pathStyle = switch (settings.choice("registry.s3.path-style", PathStyle.class)) {
            case AUTO -> Optional.empty();
            case TRUE -> Optional.of(true);
            case FALSE -> Optional.of(false);
        };
        Optional<Path> caFile = settings.optionalPath("registry.s3.ca-file");
        if (!url.startsWith("s3://")) {
            return directory(settings, url);
        }
        try {
            return new Source.Bucket(new S3Config(
                    S3Location.parse(url),
                    endpoint,
                    region,
                    pathStyle,
                    caFile,
                    S3Config.ONE_ATTEMPT,
                    S3Config.Timeouts.DEFAULT));
        } catch (IllegalArgumentException e) {
            settings.fault("registry.url", String.valueOf(e.getMessage()));
            return directory(settings, url);
        }
    }

    private static Source directory(Settings settings, String url) {
        if (!url.startsWith("s3://") && SCHEME.matcher(url).matches()) {
            settings.fault("registry.url", "it takes a directory, or s3://bucket/prefix");
        }
        return new Source.Directory(settings.path("registry.url"));
    }

    private static Optional<URI> endpoint(Settings settings) {
        String key = "registry.s3.endpoint";
        try {
            Optional<URI> endpoint = settings.optionalText(key).map(URI::create);
            endpoint.ifPresent(S3Config::checkEndpoint);
            return endpoint;
        } catch (IllegalArgumentException e) {
            settings.fault(key, "it takes http:// or https:// with a host and perhaps a port, as in http://minio:9000");
            return Optional.empty();
        }
    }

    /**
     * Opens it for a gateway, which asks again at its next poll; the caller closes it.
     *
     * @throws dev.serin.registry.RegistryException when there is no such directory; a bucket is not asked yet
     */
    public RegistryWriter open(RegistryListener listener) {
        return switch (source) {
            case Source.Directory(Path root) -> DirectoryRegistry.open(root, url, listener);
            case Source.Bucket(S3Config s3) -> S3Registry.open(s3, listener);
        };
    }

    /** Opens it for a command, which asks a few times before it gives up, and waits; the caller closes it. */
    public RegistryWriter openForCommand() {
        return switch (source) {
            case Source.Directory _ -> open(RegistryListener.NONE);
            case Source.Bucket(S3Config s3) ->
                S3Registry.open(s3.withAttempts(S3Config.TOOL_ATTEMPTS), RegistryListener.NONE);
        };
    }
}
