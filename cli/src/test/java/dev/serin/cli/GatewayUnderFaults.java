package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digests;
import dev.serin.registry.Manifest;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.VersionId;
import dev.serin.registry.fault.FaultProxy;
import dev.serin.registry.fault.FaultProxy.Fault;
import dev.serin.registry.fault.InjectingStore;
import dev.serin.registry.fault.InjectingStore.Request;
import dev.serin.registry.fault.InjectingStore.Response;
import dev.serin.registry.fault.InjectingStore.Rule;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.s3.S3Location;
import dev.serin.registry.s3.S3ProxyStore;
import dev.serin.registry.signing.SigningKey;
import dev.serin.registry.signing.TestKey;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * A gateway in a process of its own, all that may go wrong between it and its bucket, and callers of a loaded version who
 * never pause: gateway → network → store that answers by rules → S3Proxy. It looks at the whole of its bucket five times
 * a second, knows the store by a name that {@link #resolve} gives, and its key by a profile that {@link #useKey} writes.
 */
final class GatewayUnderFaults implements AutoCloseable {
    static final String ROW = "{\"instances\": [[1, 2]]}";
    static final String SAME = "{\"predictions\":[[1.0,2.0]]}";
    static final String PLUS_ONE = "{\"predictions\":[[2.0,3.0]]}";

    /** How many requests a fault sees at least. */
    private static final int HUNDREDS = 300;

    private static final String HOST = "store.example";
    private static final String HERE = "127.0.0.1";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path work;
    private final S3ProxyStore store = S3ProxyStore.startWithSkew(Duration.ofHours(1));
    private final InjectingStore injecting = InjectingStore.before(store.endpoint());
    private final String bucket = store.newVersionedBucket();
    private final AtomicInteger hits = new AtomicInteger();
    private final GatewayProcess gateway;
    private final Load load;
    private final Optional<SigningKey> signer;
    private FaultProxy network = FaultProxy.before(injecting.endpoint());
    private long askedUnderFaults;

    /** What is done or checked while something is wrong. */
    @FunctionalInterface
    interface Step {
        void run() throws Exception;
    }

    /** Starts all of it; callers ask for version 1 of {@code good}. */
    GatewayUnderFaults(Path work) throws Exception {
        this(work, Optional.empty());
    }

    /** As the other, with a gateway that trusts in this key alone, by which all is signed that is published here. */
    GatewayUnderFaults(Path work, TestKey key) throws Exception {
        this(work, Optional.of(key));
    }

    private GatewayUnderFaults(Path work, Optional<TestKey> key) throws Exception {
        this.work = work;
        List<String> settings = new ArrayList<>();
        if (key.isPresent()) {
            signer = Optional.of(key.get().signing(work));
            settings.add("registry.trusted-keys=" + key.get().writePublic(work));
        } else {
            signer = Optional.empty();
        }
        publish("good/1", TestModels.identity(DataType.FP32, "batch", 2));
        resolve(HERE);
        useKey(S3ProxyStore.KEY_ID, S3ProxyStore.SECRET);
        settings.add(
                "registry.s3.endpoint=http://" + HOST + ":" + network.endpoint().getPort());
        gateway =
                GatewayProcess.start(work, "s3://" + bucket + "/prod", environment(), settings.toArray(String[]::new));
        load = Load.on(gateway.port(), "good", ROW, SAME);
    }

    private Map<String, String> environment() throws IOException {
        Path security = Files.writeString(
                work.resolve("java.security"), "networkaddress.cache.ttl=1\nnetworkaddress.cache.negative.ttl=1\n");
        return Map.of(
                "AWS_SHARED_CREDENTIALS_FILE",
                profile().toString(),
                "AWS_CONFIG_FILE",
                work.resolve("no-such-file").toString(),
                "AWS_REGION",
                "us-east-1",
                "AWS_EC2_METADATA_DISABLED",
                "true",
                "JAVA_TOOL_OPTIONS",
                "-Djdk.net.hosts.file=%s -Djava.security.properties=%s".formatted(hosts(), security));
    }

    private Path hosts() {
        return work.resolve("hosts");
    }

    private Path profile() {
        return work.resolve("credentials");
    }

    GatewayProcess gateway() {
        return gateway;
    }

    Load load() {
        return load;
    }

    /** The folder that the gateway's process has for itself. */
    Path work() {
        return work;
    }

    // What goes wrong

    /** Gives the store's name this address, or none. */
    void resolve(String... addresses) throws IOException {
        String lines =
                Stream.of(addresses).map(address -> address + " " + HOST + "\n").reduce("", String::concat);
        replace(hosts(), HERE + " localhost\n" + lines);
    }

    /** The name resolves to the store again. */
    void resolveRightly() throws IOException {
        resolve(HERE);
    }

    /** Writes the key that the gateway has to use. */
    void useKey(String id, String secret) throws IOException {
        replace(profile(), "[default]\naws_access_key_id=%s\naws_secret_access_key=%s\n".formatted(id, secret));
    }

    private void replace(Path file, String content) throws IOException {
        Files.writeString(file, content);
    }

    /** Checks something while the store answers by a rule, and for some hundreds of requests at least. */
    void during(Rule rule, Step step) throws Exception {
        hits.set(0);
        injecting.answerBy(rule);
        try {
            underLoad(step);
        } finally {
            injecting.beFaithful();
        }
    }

    /** As {@link #during(Rule, Step)}, with a fault of the network. */
    void during(Fault fault, Step step) throws Exception {
        network.set(fault);
        try {
            underLoad(step);
        } finally {
            network.set(new Fault.None());
        }
    }

    /** As {@link #during(Rule, Step)}, while nobody listens where the store was. */
    void whileDown(Step step) throws Exception {
        int port = network.endpoint().getPort();
        network.close();
        try {
            underLoad(step);
        } finally {
            network = FaultProxy.before(injecting.endpoint(), port);
        }
    }

    /** Checks something that is wrong already, for some hundreds of requests at least. */
    void underLoad(Step step) throws Exception {
        long before = load.asked();
        step.run();
        load.awaitMore((int) Math.max(0, before + HUNDREDS - load.asked()));
        askedUnderFaults += load.asked() - before;
    }

    /** {@return how many requests were made while something was wrong} */
    long askedUnderFaults() {
        return askedUnderFaults;
    }

    /** {@return a rule that answers these requests so and counts them, and passes the others on} */
    Rule answering(Predicate<Request> which, Rule rule) {
        return (request, next) -> {
            if (!which.test(request)) {
                return next.answer();
            }
            hits.incrementAndGet();
            return rule.answer(request, next);
        };
    }

    /** As {@link #answering(Predicate, Rule)}, always the same. */
    Rule answering(Predicate<Request> which, Response response) {
        return answering(which, (_, _) -> response);
    }

    /** {@return how many requests the rule of the moment has answered wrongly} */
    int hits() {
        return hits.get();
    }

    /** Waits until the rule of the moment has answered so many requests wrongly. */
    void awaitHits(int number) {
        await().until(() -> hits.get() >= number);
    }

    /** Waits until the gateway has looked at the whole bucket, from beginning to end, after now. */
    void awaitLook() {
        awaitLooks(3); // one may be under way, the next is whole, and the third shows its end
    }

    /** Waits until the gateway has begun to look at the whole bucket so many times. */
    void awaitLooks(int number) {
        long enough = looks() + number;
        await().until(() -> looks() >= enough);
    }

    private long looks() {
        return injecting.log().stream().filter(Request::isList).count();
    }

    /** {@return the requests for objects whose keys contain this, so far} */
    List<Request> requestsFor(String part) {
        return injecting.log().stream()
                .filter(request -> !request.isList() && request.target().contains(part))
                .toList();
    }

    // What is in the bucket

    /** {@return the files of a version that is like no other} */
    static SortedMap<String, byte[]> files(String id, byte[] model) {
        SortedMap<String, byte[]> files = new TreeMap<>();
        files.put("model.onnx", model);
        files.put("salt.txt", id.getBytes(StandardCharsets.UTF_8));
        return files;
    }

    /** Publishes a version past all that may be wrong. */
    void publish(String id, byte[] model) {
        publish(id, files(id, model));
    }

    /** Publishes a version past all that may be wrong. */
    void publish(String id, SortedMap<String, byte[]> files) {
        files.forEach((path, content) -> put(id + "/" + path, content));
        byte[] manifest = manifest(id, files);
        signer.ifPresent(key -> put(id + "/manifest.json.sig", key.sign(manifest)));
        put(id + "/manifest.json", manifest);
    }

    /** {@return the manifest of a version} */
    static byte[] manifest(String id, SortedMap<String, byte[]> files) {
        List<Artifact> artifacts = new ArrayList<>();
        files.forEach((path, content) -> artifacts.add(artifact(path, content)));
        return Manifests.write(new Manifest(
                VersionId.parse(id),
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                artifacts,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode()));
    }

    private static Artifact artifact(String path, byte[] content) {
        try {
            return new Artifact(new ArtifactPath(path), content.length, Digests.of(new ByteArrayInputStream(content)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    void put(String key, byte[] content) {
        store.put(bucket, "prod/" + key, content);
    }

    void put(String key, String content) {
        put(key, content.getBytes(StandardCharsets.UTF_8));
    }

    void delete(String key) {
        store.delete(bucket, "prod/" + key);
    }

    /** {@return the registry as a publisher sees it, whose requests go by the rules too; the caller closes it} */
    RegistryWriter publisher() {
        return S3ProxyStore.open(
                S3ProxyStore.config(injecting.endpoint(), new S3Location(bucket, "prod")), RegistryListener.NONE);
    }

    // What the gateway says

    JsonNode shown(String id) throws IOException, InterruptedException {
        return gateway.get("/models/" + id);
    }

    /** {@return the state of a version; nothing if the gateway does not know it} */
    String state(String id) throws IOException, InterruptedException {
        return shown(id).path("state").asText();
    }

    void awaitReady(String... ids) {
        for (String id : ids) {
            awaitState(id, "ready");
        }
    }

    void awaitState(String id, String state) {
        await().untilAsserted(
                        () -> assertThat(state(id)).as(shown(id).toString()).isEqualTo(state));
    }

    /** Waits until a version has failed for a reason with these words. */
    void awaitFailed(String id, String... words) {
        await().untilAsserted(() -> {
            JsonNode shown = shown(id);
            assertThat(shown.path("state").asText()).as(shown.toString()).isEqualTo("failed");
            assertThat(shown.path("reason").asText()).contains(words);
        });
    }

    void assertAnswers(String target, String answer) throws IOException, InterruptedException {
        assertThat(gateway.predict(target, ROW).body()).isEqualTo(answer);
    }

    /** As {@link #assertAnswers}, once it is so. */
    void awaitAnswers(String target, String answer) {
        await().untilAsserted(() -> assertAnswers(target, answer));
    }

    /** {@return where the log ends now} */
    int mark() throws IOException {
        return gateway.log().length();
    }

    /** {@return what was told since} */
    String told(int mark) throws IOException {
        return gateway.log().substring(mark);
    }

    /** Waits until one line since the mark has all of these in it. */
    void awaitTold(int mark, String... parts) {
        await().untilAsserted(() -> assertThat(told(mark).lines())
                .anySatisfy(line -> assertThat(line).contains(parts)));
    }

    /**
     * Waits until operators have been told of this, by this outage or by one before: each kind of cause is told once, and
     * not again for a while.
     */
    void awaitStale(String... parts) {
        await().untilAsserted(() -> {
            assertThat(registry().path("stale").asBoolean()).isTrue();
            assertThat(registry().path("reason").asText()).isNotEmpty();
        });
        awaitTold(
                0, Stream.concat(Stream.of("registry.stale"), Stream.of(parts)).toArray(String[]::new));
    }

    /** Waits until the registry can be read, as the operators' health check says. */
    void awaitRead() {
        await().until(() -> registry().has("stale") && !registry().path("stale").asBoolean());
    }

    private JsonNode registry() throws IOException, InterruptedException {
        return gateway.management("/health/ready").path("checks").path("registry");
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20));
    }

    @Override
    public void close() throws IOException {
        load.close();
        gateway.close();
        network.close();
        injecting.close();
        store.close();
    }
}
