package dev.serin.registry;

import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.format.Generation;
import dev.serin.registry.format.Layout;
import java.util.Optional;
import java.util.UUID;

/** Tells the readers of a registry that a model changed, so that they need not list it all to find out. */
public final class Generations {
    private static final int MAX_TRIES = 20;

    private Generations() {}

    /**
     * Notes a change in {@code .serin/generation}. Never throws: a note that could not be written costs readers some time,
     * as their next full listing finds the change anyway.
     *
     * @return whether it was written
     */
    public static boolean touch(RegistryWriter registry, ModelName changed) {
        try {
            for (int i = 0; i < MAX_TRIES; i++) {
                if (tryTouch(registry, changed)) {
                    return true;
                }
            }
            return false;
        } catch (RegistryException _) {
            return false;
        }
    }

    /** Every failed try is somebody else's change that went through. */
    private static boolean tryTouch(RegistryWriter registry, ModelName changed) {
        Optional<Registry.Content> present = registry.read(Layout.GENERATION, Generation.MAX_BYTES);
        Condition condition = present.<Condition>map(content -> new Condition.IfTag(content.tag()))
                .orElseGet(Condition.IfAbsent::new);
        Generation next = next(present, UUID.randomUUID().toString(), changed);
        try {
            registry.write(Layout.GENERATION, next.write(), condition);
            return true;
        } catch (ConflictException _) {
            return false;
        }
    }

    private static Generation next(Optional<Registry.Content> present, String id, ModelName changed) {
        try {
            return present.map(content -> Generation.parse(content.bytes()).next(id, changed))
                    .orElseGet(() -> Generation.first(id, changed));
        } catch (MalformedContentException _) {
            return Generation.first(id, changed); // readers do not find their id in it and list everything
        }
    }
}
