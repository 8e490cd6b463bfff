package dev.serin.gateway;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where versions come from.
 *
 * @param url as configured: a directory
 * @param root the directory, absolute
 * @param store folder of the local copies
 */
public record RegistryConfig(
        String url,
        Path root,
        Duration pollInterval,
        Duration fullScanInterval,
        boolean requireManifest,
        Path store) {}
