package dev.serin.registry;

import dev.serin.registry.RegistryListener.Operation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A registry in memory that keeps the contract of all registries, remembers every request, and fails where a test wants
 * it to. Thread-safe.
 */
public final class InMemoryRegistry implements RegistryWriter {
    /** What is recorded for a request that asks for the folders. */
    public static final String FOLDERS = "the folders";

    private static final Comparator<String> UTF_8_ORDER =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    private final InstantSource clock;
    private final SortedMap<String, Stored> objects = new TreeMap<>(UTF_8_ORDER); // guarded by this, as all below
    private final List<Request> requests = new ArrayList<>();
    private Faults faults = (_, _) -> {};
    private Predicate<String> listed = _ -> true;
    private final Map<String, String> oldTags = new HashMap<>();
    private long writes;

    public InMemoryRegistry(InstantSource clock) {
        this.clock = clock;
    }

    /** One request, as it came. */
    public record Request(Operation operation, String key) {}

    /** Throws what a request shall fail with. */
    @FunctionalInterface
    public interface Faults {
        void before(Operation operation, String key);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Stored(RegistryObject object, byte[] content) {}

    /** Asks these before every request from now on. */
    public synchronized void failWith(Faults newFaults) {
        faults = newFaults;
    }

    /** Shows in listings only what of its objects has such a key, whatever else can be read. */
    public synchronized void listOnly(Predicate<String> keys) {
        listed = keys;
    }

    /** Shows an object in listings with another tag than a read finds, as an old listing does. */
    public synchronized void listWithTag(String key, String tag) {
        oldTags.put(key, tag);
    }

    /** {@return the requests since the last call} */
    public synchronized List<Request> takeRequests() {
        List<Request> taken = List.copyOf(requests);
        requests.clear();
        return taken;
    }

    /** Puts an object of any key where it is, unasked, as people and other tools do. */
    public synchronized void put(String key, byte[] content) {
        String tag = "tag-" + ++writes;
        objects.put(key, new Stored(new RegistryObject(key, content.length, tag, clock.instant()), content.clone()));
    }

    /** Puts a text. */
    public void put(String key, String content) {
        put(key, content.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String location() {
        return "memory (test)";
    }

    @Override
    public synchronized List<RegistryObject> list(String prefix) {
        request(Operation.LIST, prefix);
        return objects.values().stream()
                .map(Stored::object)
                .filter(object -> object.key().startsWith(prefix) && listed.test(object.key()))
                .map(object -> new RegistryObject(
                        object.key(),
                        object.sizeBytes(),
                        oldTags.getOrDefault(object.key(), object.tag()),
                        object.modifiedAt()))
                .toList();
    }

    @Override
    public synchronized List<String> folders() {
        request(Operation.LIST, FOLDERS);
        return objects.keySet().stream()
                .filter(key -> key.contains("/") && !key.startsWith(".") && listed.test(key))
                .map(key -> key.substring(0, key.indexOf('/')))
                .distinct()
                .sorted(UTF_8_ORDER)
                .toList();
    }

    @Override
    public synchronized Optional<Content> read(String key, int maxBytes) {
        request(Operation.GET, Registry.checkKey(key));
        return get(key, maxBytes);
    }

    @Override
    public synchronized Refreshed refresh(String key, int maxBytes, String knownTag) {
        request(Operation.GET, Registry.checkKey(key));
        if (tag(key).equals(Optional.of(knownTag))) {
            return new Refreshed.Unchanged();
        }
        return get(key, maxBytes).<Refreshed>map(Refreshed.Changed::new).orElseGet(Refreshed.Missing::new);
    }

    @Override
    public synchronized InputStream open(String key) {
        request(Operation.GET, Registry.checkKey(key));
        return new ByteArrayInputStream(Optional.ofNullable(objects.get(key))
                .orElseThrow(() -> new RegistryException("There is no %s in %s".formatted(key, location())))
                .content());
    }

    @Override
    public synchronized String write(String key, byte[] content, Condition condition) {
        request(Operation.PUT, Registry.checkKey(key));
        Optional<String> present = tag(key);
        boolean holds = switch (condition) {
            case Condition.Always() -> true;
            case Condition.IfAbsent() -> present.isEmpty();
            case Condition.IfTag(String tag) -> present.equals(Optional.of(tag));
        };
        if (!holds) {
            throw new ConflictException(key + " is not as expected");
        }
        put(key, content);
        return tag(key).orElseThrow();
    }

    @Override
    public synchronized void upload(String key, Path file) {
        request(Operation.PUT, Registry.checkKey(key));
        try {
            put(key, Files.readAllBytes(file));
        } catch (IOException e) {
            throw RegistryException.because("Cannot read " + file, e);
        }
    }

    @Override
    public synchronized void delete(String key) {
        request(Operation.DELETE, Registry.checkKey(key));
        objects.remove(key);
    }

    @Override
    public void close() {}

    private void request(Operation operation, String key) {
        requests.add(new Request(operation, key));
        faults.before(operation, key);
    }

    private Optional<String> tag(String key) {
        return Optional.ofNullable(objects.get(key))
                .map(stored -> stored.object().tag());
    }

    private Optional<Content> get(String key, int maxBytes) {
        Optional<Stored> stored = Optional.ofNullable(objects.get(key));
        if (stored.isPresent() && stored.get().content().length > maxBytes) {
            throw new MalformedContentException("%s has more than %d bytes".formatted(key, maxBytes));
        }
        return stored.map(s -> new Content(s.content().clone(), s.object().tag()));
    }
}
