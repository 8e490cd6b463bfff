package dev.serin.registry;

import java.time.Duration;

/** Hears of every attempt to reach a registry. Called on the thread that made it; must not block or throw. */
public interface RegistryListener {
    RegistryListener NONE = (_, _, _) -> {};

    /** One request to the store has ended. */
    void requested(Operation operation, boolean succeeded, Duration took);

    /** The kinds of request a store is billed by. */
    enum Operation {
        GET,
        LIST,
        HEAD,
        PUT,
        DELETE
    }
}
