package dev.serin.registry.watch;

import dev.serin.registry.Registry;
import dev.serin.registry.RegistrySnapshot;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Looks at a registry again and again at the least cost: one conditional read of {@code .serin/generation} while nothing
 * changes, a listing of the models named there when something did, a full listing every {@code fullScanInterval}. Not
 * thread-safe: one poll at a time.
 */
public final class RegistryScanner {
    public RegistryScanner(Registry registry, Options options, InstantSource clock) {
        throw new UnsupportedOperationException("to be written");
    }

    /**
     * {@return what the registry holds now} The same object as last time when nothing was found to have changed.
     *
     * @throws dev.serin.registry.RegistryException when the registry cannot be read; the next poll tries again
     */
    public RegistrySnapshot poll() {
        throw new UnsupportedOperationException("to be written");
    }

    /**
     * How often, and what counts.
     *
     * @param pollInterval the least time between the two equal looks that settle a version copied in by hand
     * @param requireManifest whether versions without manifest are left out
     */
    public record Options(Duration pollInterval, Duration fullScanInterval, boolean requireManifest) {}
}
