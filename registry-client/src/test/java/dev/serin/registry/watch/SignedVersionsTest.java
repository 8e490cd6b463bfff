package dev.serin.registry.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.registry.Artifact;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Digest;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.InMemoryRegistry.Request;
import dev.serin.registry.Manifest;
import dev.serin.registry.ModelName;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.RegisteredVersion.Published;
import dev.serin.registry.RegisteredVersion.Unusable;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.Manifests;
import dev.serin.registry.signing.SigningKey;
import dev.serin.registry.signing.TestKey;
import dev.serin.registry.signing.TrustedKeys;
import dev.serin.registry.store.RememberingRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a scanner makes of versions where manifests have to be signed. */
class SignedVersionsTest {
    private static final Duration POLL = Duration.ofSeconds(10);
    private static final ModelName IRIS = new ModelName("iris");
    private static final VersionId IRIS_2 = VersionId.parse("iris/2");
    private static final TestKey ANA = TestKey.generate("ana");

    private final Path store;
    private final SigningKey ana;
    private final SigningKey eve;
    private final RegistryScanner.Options options;
    private Instant now = Instant.parse("2026-11-22T10:00:00Z");
    private final InMemoryRegistry registry = new InMemoryRegistry(() -> now);
    private final RegistryScanner scanner;

    SignedVersionsTest(@TempDir Path folder) throws IOException {
        store = folder.resolve("store");
        ana = ANA.signing(folder);
        eve = TestKey.generate("eve").signing(folder);
        TrustedKeys keys = ANA.trusted(folder);
        options = new RegistryScanner.Options(POLL, POLL, false, Optional.of(keys));
        scanner = scanner(registry);
    }

    private RegistryScanner scanner(Registry of) {
        return new RegistryScanner(of, options, () -> now);
    }

    private static byte[] manifest(String id) {
        return Manifests.write(new Manifest(
                VersionId.parse(id),
                Instant.parse("2026-11-20T10:00:00Z"),
                List.of(new Artifact(ArtifactPath.MODEL, 9, new Digest("1".repeat(64)))),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode()));
    }

    private void publish(String id) {
        registry.put(id + "/model.onnx", "the model");
        registry.put(id + "/manifest.json", manifest(id));
    }

    private void publishSigned(String id) {
        registry.put(id + "/manifest.json.sig", ana.sign(manifest(id)));
        publish(id);
    }

    private RegisteredVersion look() {
        now = now.plus(POLL);
        return only(scanner.poll());
    }

    private static RegisteredVersion only(RegistrySnapshot snapshot) {
        return Optional.ofNullable(snapshot.models().get(IRIS))
                .orElseThrow()
                .versions()
                .getFirst();
    }

    private void assertUnusable(String reason) {
        assertThat(look())
                .isInstanceOfSatisfying(
                        Unusable.class,
                        unusable -> assertThat(unusable.reason()).contains(reason));
    }

    @Test
    void aSignedVersionIsPublished() {
        publishSigned("iris/2");

        assertThat(look()).isInstanceOf(Published.class);
    }

    @Test
    void anUnsignedOneIsUnusableUntilItsSignatureComes() {
        publish("iris/2");
        assertUnusable("not signed");
        assertUnusable("not signed");

        registry.put("iris/2/manifest.json.sig", ana.sign(manifest("iris/2")));

        assertThat(look()).isInstanceOf(Published.class);
    }

    @Test
    void aWrongSignatureIsUnusableUntilItIsMended() {
        publish("iris/2");
        registry.put("iris/2/manifest.json.sig", eve.sign(manifest("iris/2")));
        assertUnusable("'eve', which is not trusted; trusted is ana");

        registry.put("iris/2/manifest.json.sig", ana.sign(manifest("iris/1")));
        assertUnusable("its signature by 'ana' does not match");

        registry.put("iris/2/manifest.json.sig", new byte[1 << 20]);
        assertUnusable("manifest.json.sig");

        registry.put("iris/2/manifest.json.sig", ana.sign(manifest("iris/2")));
        assertThat(look()).isInstanceOf(Published.class);
    }

    @Test
    void aSignedManifestIsWorthNothingElsewhere() {
        registry.put("iris/2/model.onnx", "the model");
        registry.put("iris/2/manifest.json", manifest("iris/1"));
        registry.put("iris/2/manifest.json.sig", ana.sign(manifest("iris/1")));

        assertUnusable("version must be '2', as the folder it lies in, got '1'");
    }

    @Test
    void aSignatureThatGoesOrChangesMakesItsVersionUnusable() {
        publishSigned("iris/2");
        assertThat(look()).isInstanceOf(Published.class);

        registry.delete("iris/2/manifest.json.sig");
        assertUnusable("not signed");

        registry.put("iris/2/manifest.json.sig", eve.sign(manifest("iris/2")));
        assertUnusable("not trusted");
    }

    @Test
    void aSignatureThatAnOldListingLacksIsReadBeforeItIsMissed() {
        publishSigned("iris/2");
        look();

        registry.listOnly(key -> !key.endsWith(".sig"));

        assertThat(look()).isInstanceOf(Published.class);
    }

    @Test
    void aSignatureThatCannotBeReadIsNoMissingOne() {
        publishSigned("iris/2");
        assertThat(look()).isInstanceOf(Published.class);
        registry.put("iris/2/manifest.json.sig", eve.sign(manifest("iris/2")));
        registry.failWith((_, key) -> {
            if (key.endsWith(".sig")) {
                throw new RegistryException("nobody answers");
            }
        });

        assertThat(look()).isInstanceOf(Published.class); // as it was seen before

        registry.failWith((_, _) -> {});
        assertUnusable("not trusted");
    }

    @Test
    void whatWasJudgedIsNotReadAgain() {
        publishSigned("iris/2");
        publish("iris/3");
        scanner.poll();
        assertThat(registry.takeRequests())
                .filteredOn(request -> request.operation() == Operation.GET)
                .containsExactlyInAnyOrder(
                        new Request(Operation.GET, Layout.GENERATION),
                        new Request(Operation.GET, "iris/2/manifest.json"),
                        new Request(Operation.GET, "iris/2/manifest.json.sig"),
                        new Request(Operation.GET, "iris/3/manifest.json"),
                        new Request(Operation.GET, "iris/3/manifest.json.sig"));

        look();

        assertThat(registry.takeRequests())
                .containsExactly(new Request(Operation.GET, Layout.GENERATION), new Request(Operation.LIST, ""));
    }

    @Test
    void signaturesAreNotReadWhereNobodyRequiresThem() {
        publishSigned("iris/2");
        RegistryScanner trusting =
                new RegistryScanner(registry, new RegistryScanner.Options(POLL, POLL, false), () -> now);

        assertThat(only(trusting.poll())).isInstanceOf(Published.class);
        assertThat(registry.takeRequests()).noneMatch(request -> request.key().endsWith(".sig"));
    }

    @Test
    void aVersionCopiedInByHandIsLeftOutAndItsSignatureIsNoArtifact() {
        registry.put("iris/2/model.onnx", "the model");
        registry.put("iris/2/manifest.json.sig", ana.sign(manifest("iris/2")));
        scanner.poll();
        now = now.plus(POLL);

        RegistrySnapshot snapshot = scanner.poll();

        assertThat(snapshot.models()).isEmpty();
        assertThat(snapshot.ignored())
                .containsExactly("iris/2 is ignored: it has no manifest, which every version must have here");
        RegistryScanner trusting =
                new RegistryScanner(registry, new RegistryScanner.Options(POLL, POLL, false), () -> now);
        assertThat(only(trusting.poll()))
                .isInstanceOfSatisfying(
                        RegisteredVersion.HandDropped.class,
                        dropped -> assertThat(dropped.files())
                                .extracting(Registry.RegistryObject::key)
                                .containsExactly("iris/2/model.onnx"));
    }

    @Test
    void aStartWithoutTheStoreVerifiesWhatItRemembers() {
        publishSigned("iris/2");
        publish("iris/3");
        RememberingRegistry before = new RememberingRegistry(registry, store, () -> now);
        List<RegisteredVersion> seen = versions(scanner(before).poll());
        before.save();
        registry.failWith((_, _) -> {
            throw new RegistryException("nobody answers");
        });

        RememberingRegistry after = new RememberingRegistry(registry, store, () -> now);

        assertThat(versions(scanner(after).poll())).isEqualTo(seen).hasSize(2);
        assertThat(seen.getFirst()).isInstanceOf(Published.class);
        assertThat(seen.getLast()).isInstanceOf(Unusable.class);
    }

    @Test
    void aStartWithoutTheStoreThatRemembersNoSignatureTrustsNothingUntilItCanRead() {
        publishSigned("iris/2");
        RememberingRegistry before = new RememberingRegistry(registry, store, () -> now);
        new RegistryScanner(before, new RegistryScanner.Options(POLL, POLL, false), () -> now).poll();
        before.save();
        registry.failWith((_, _) -> {
            throw new RegistryException("nobody answers");
        });
        RegistryScanner after = scanner(new RememberingRegistry(registry, store, () -> now));
        assertThat(only(after.poll())).isInstanceOf(Unusable.class);

        registry.failWith((_, _) -> {});
        now = now.plus(POLL);

        assertThat(only(after.poll())).isEqualTo(new Published(Manifests.parse(IRIS_2, manifest("iris/2"))));
    }

    private static List<RegisteredVersion> versions(RegistrySnapshot snapshot) {
        return Optional.ofNullable(snapshot.models().get(IRIS)).orElseThrow().versions();
    }
}
