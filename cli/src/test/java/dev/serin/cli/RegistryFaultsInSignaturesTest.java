package dev.serin.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import dev.serin.registry.KeyName;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.signing.SigningKey;
import dev.serin.registry.signing.TestKey;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Signatures are required, and are missing or wrong. All versions that must not be served are newer than the one that
 * callers get, and would answer otherwise.
 */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class RegistryFaultsInSignaturesTest {
    private static final byte[] ADD_ONE = TestModels.addOne("batch", 2);

    private final TestKey trusted = TestKey.generate("ana-2026");
    private final TestKey untrusted = TestKey.generate("eve");

    @TempDir
    private Path keys;

    @Test
    @DisplayName("a manifest's signature is missing or wrong")
    void whatNoTrustedKeySignedIsNeverServedAndWhatIsLoadedStays(@TempDir Path work) throws Exception {
        SigningKey ana = trusted.signing(keys);
        SigningKey eve = untrusted.signing(keys);
        SigningKey impostor = SigningKey.read(untrusted.writePrivate(keys), Optional.of(new KeyName("ana-2026")));
        try (GatewayUnderFaults rig = new GatewayUnderFaults(work, trusted)) {
            rig.awaitReady("good/1");
            int mark = rig.mark();

            rig.underLoad(() -> {
                publish(rig, "good/2", _ -> Optional.empty());
                publish(rig, "good/3", manifest -> Optional.of(eve.sign(manifest)));
                publish(rig, "good/4", manifest -> Optional.of(impostor.sign(manifest)));
                publish(rig, "good/5", manifest -> Optional.of(ana.sign("{}".getBytes(UTF_8))));
                publish(rig, "good/6", manifest -> Optional.of("no signature".getBytes(UTF_8)));
                rig.put("good/7/model.onnx", ADD_ONE);
                rig.awaitFailed("good/2", "its manifest is not signed: there is no manifest.json.sig");
                rig.awaitFailed("good/3", "signed by the key 'eve', which is not trusted; trusted is ana-2026");
                rig.awaitFailed("good/4", "its signature by 'ana-2026' does not match");
                rig.awaitFailed("good/5", "its signature by 'ana-2026' does not match");
                rig.awaitFailed("good/6", "manifest.json.sig cannot be read as JSON");
                rig.awaitLook();
                for (String id : List.of("good/2", "good/3", "good/4", "good/5", "good/6", "good/7")) {
                    assertThat(rig.gateway().predict(id, GatewayUnderFaults.ROW).statusCode())
                            .isNotEqualTo(200);
                }
                assertThat(rig.state("good/7")).isEmpty();
                rig.publish("beside/1", TestModels.identity(DataType.FP32, "batch", 2));
                rig.awaitReady("beside/1"); // new ones that are signed come in all the while
            });
            assertThat(rig.told(mark).lines().filter(line -> line.contains("version.loaded")))
                    .hasSize(1);
            assertThat(rig.requestsFor("model.onnx"))
                    .noneMatch(request -> request.target().matches(".*/good/[2-7]/.*")); // not even fetched

            byte[] late = publish(rig, "late/1", _ -> Optional.empty());
            rig.awaitFailed("late/1", "not signed");
            rig.put("late/1/manifest.json.sig", ana.sign(late));
            rig.awaitReady("late/1");

            loadedOnesStay(rig, eve);
            assertThat(rig.load().failures()).isEmpty();
        }
    }

    private static void loadedOnesStay(GatewayUnderFaults rig, SigningKey eve) throws Exception {
        byte[] right = read(rig, "good/1/manifest.json.sig");
        byte[] manifest = read(rig, "good/1/manifest.json");
        int mark = rig.mark();
        rig.underLoad(() -> {
            rig.delete("good/1/manifest.json.sig");
            rig.awaitTold(mark, "version.tampered", "good", "its manifest is not signed");
            rig.awaitLook();
            assertThat(rig.shown("good/1").path("state").asText()).isEqualTo("ready");
            assertThat(rig.shown("good/1").path("discrepancy").toString()).contains("its manifest is not signed");
        });
        rig.underLoad(() -> {
            rig.put("good/1/manifest.json.sig", eve.sign(manifest));
            rig.awaitTold(mark, "version.tampered", "good", "signed by the key 'eve', which is not trusted");
            rig.awaitLook();
            assertThat(rig.state("good/1")).isEqualTo("ready");
        });
        rig.underLoad(() -> {
            rig.put("good/1/manifest.json.sig", right);
            rig.awaitTold(mark, "version.restored", "good");
        });
        assertThat(rig.told(mark).lines().filter(line -> line.contains("version.tampered")))
                .hasSize(2); // each once
        assertThat(rig.shown("good/1").has("discrepancy")).isFalse();
    }

    private static byte[] read(GatewayUnderFaults rig, String key) {
        try (RegistryWriter registry = rig.publisher()) {
            return registry.read(key, 1 << 20).orElseThrow().bytes();
        }
    }

    /** Signs a manifest, or does not. */
    @FunctionalInterface
    private interface Signature {
        Optional<byte[]> of(byte[] manifest);
    }

    private static byte[] publish(GatewayUnderFaults rig, String id, Signature signature) {
        SortedMap<String, byte[]> files = GatewayUnderFaults.files(id, ADD_ONE);
        byte[] manifest = GatewayUnderFaults.manifest(id, files);
        files.forEach((path, content) -> rig.put(id + "/" + path, content));
        signature.of(manifest).ifPresent(file -> rig.put(id + "/manifest.json.sig", file));
        rig.put(id + "/manifest.json", manifest);
        return manifest;
    }
}
