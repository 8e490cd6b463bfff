package dev.serin.registry.watch;

import dev.serin.registry.Registry.RegistryObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How a folder without manifest looked, and since when. Once it has looked the same for a poll interval, whoever copied
 * it in has ended, as far as anybody can tell.
 */
record Sight(List<RegistryObject> objects, Instant since, boolean settled) {
    static Sight of(List<RegistryObject> objects, Optional<Sight> before, Instant now, Duration pollInterval) {
        return before.filter(sight -> same(sight.objects(), objects))
                .map(sight -> new Sight(
                        objects,
                        sight.since(),
                        sight.settled() || !now.isBefore(sight.since().plus(pollInterval))))
                .orElseGet(() -> new Sight(objects, now, false));
    }

    private static boolean same(List<RegistryObject> before, List<RegistryObject> now) {
        if (before.size() != now.size()) {
            return false;
        }
        for (int i = 0; i < before.size(); i++) {
            RegistryObject a = before.get(i);
            RegistryObject b = now.get(i);
            if (!a.key().equals(b.key())
                    || a.sizeBytes() != b.sizeBytes()
                    || !a.tag().equals(b.tag())) {
                return false;
            }
        }
        return true;
    }
}
