package dev.serin.gateway.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Every key there is, in the order of {@code application.yaml}, which is packed into this jar. Immutable. */
final class KnownKeys {
    private final Map<String, KnownKey> byName;

    private KnownKeys(Map<String, KnownKey> byName) {
        this.byName = byName;
    }

    static KnownKeys load() {
        Map<String, KnownKey> keys = new LinkedHashMap<>();
        for (YamlEntry entry : YamlEntry.readAll(resource())) {
            keys.put(entry.key(), new KnownKey(entry.key(), entry.text(), entry.comment()));
        }
        return new KnownKeys(keys);
    }

    private static String resource() {
        try (InputStream in = Objects.requireNonNull(KnownKeys.class.getResourceAsStream("application.yaml"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Optional<KnownKey> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** {@return the key of that name, which the code itself has written down} */
    KnownKey require(String name) {
        return find(name).orElseThrow(() -> new IllegalArgumentException("application.yaml has no key '" + name + "'"));
    }

    Collection<KnownKey> all() {
        return byName.values();
    }

    /** {@return whether keys begin with this name and a dot} */
    boolean isGroup(String name) {
        return byName.keySet().stream().anyMatch(key -> key.startsWith(name + "."));
    }

    /** {@return what to say of a key that does not exist} */
    String unknown(String name) {
        String meant = NearestName.of(name, byName.keySet())
                .map(this::require)
                .map(key -> ". Did you mean '%s' (default %s)?".formatted(key.name(), key.defaultText()))
                .orElse("; docs/configuration.md lists them all");
        return "unknown key '%s'%s".formatted(name, meant);
    }
}
