package dev.serin.registry.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.serin.registry.KeyName;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.ManifestSignature;
import dev.serin.registry.format.Manifests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrustedKeysTest {
    private static final Path ROOT = Path.of(System.getProperty("serin.basedir"));
    private static final VersionId IRIS_2 = VersionId.parse("iris/2");
    private static final TestKey ANA = TestKey.generate("ana-2026");
    private static final TestKey BEN = TestKey.generate("ben");

    /** Signed as below by the key of RFC 8032, section 7.1, test 1; what openssl made of it is the signature. */
    private static final byte[] MANIFEST = """
        {
          "format": 1,
          "model": "iris",
          "version": "2",
          "created-at": "2026-11-22T10:00:00Z",
          "files": [
            {"path": "model.onnx", "size": 9, "sha256": "1111111111111111111111111111111111111111111111111111111111111111"}
          ]
        }
        """.getBytes(UTF_8);

    private static final String OPENSSL_SIGNATURE =
            "tglRq1jKKHJtw07fO0AcStBfko83eLuPZlm+4yYdrNngDzVY2nttEy/NkUdjknz5N9gpc6VG1VZJnj40srDNBA==";

    private static final String RFC_PRIVATE_KEY = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----
        """;

    private static final String RFC_PUBLIC_KEY = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
        -----END PUBLIC KEY-----
        """;

    @TempDir
    private Path folder;

    private static String file(String member, String value) {
        String file = "{\"format\": 1, \"key\": \"rfc-8032\", \"algorithm\": \"ed25519\", \"signature\": \""
                + OPENSSL_SIGNATURE + "\", \"note\": \"ignored\"}";
        return file.replaceFirst("(\"" + member + "\": )(\"[^\"]*\"|1)", "$1" + value);
    }

    @Nested
    class Signatures {
        private final TrustedKeys keys;

        Signatures(@TempDir Path trusted) throws IOException {
            ANA.writePublic(trusted);
            Files.writeString(trusted.resolve("rfc-8032.pem"), RFC_PUBLIC_KEY);
            keys = TrustedKeys.read(trusted);
        }

        private Verdict judge(String file) {
            return keys.judge(IRIS_2, MANIFEST, Optional.of(file.getBytes(UTF_8)));
        }

        @Test
        void whatATrustedKeySignedIsSigned() throws IOException {
            byte[] signature = ANA.signing(folder).sign(MANIFEST);

            assertThat(keys.judge(IRIS_2, MANIFEST, Optional.of(signature)))
                    .isEqualTo(new Verdict.Signed(new KeyName("ana-2026")));
        }

        @Test
        void whatOpensslSignedIsSignedAndOursIsTheSame() throws IOException {
            assertThat(Manifests.parse(IRIS_2, MANIFEST).id()).isEqualTo(IRIS_2);
            assertThat(judge(file("format", "1"))).isEqualTo(new Verdict.Signed(new KeyName("rfc-8032")));

            Path file = Files.writeString(folder.resolve("any.key"), RFC_PRIVATE_KEY);
            byte[] ours =
                    SigningKey.read(file, Optional.of(new KeyName("rfc-8032"))).sign(MANIFEST);

            assertThat(new String(ours, UTF_8)).isEqualTo("""
                {
                  "format": 1,
                  "key": "rfc-8032",
                  "algorithm": "ed25519",
                  "signature": "%s"
                }
                """.formatted(OPENSSL_SIGNATURE));
        }

        @Test
        void thePageHasThisVectorForOtherTools() throws IOException {
            String key = RFC_PUBLIC_KEY.lines().skip(1).findFirst().orElseThrow();

            assertThat(Files.readString(ROOT.resolve("docs/registry.md")))
                    .contains("```json\n" + new String(MANIFEST, UTF_8) + "```", key, "\n" + OPENSSL_SIGNATURE + "\n");
            assertThat(MANIFEST).hasSize(229);
        }

        @Test
        void noSignatureIsRefused() {
            assertThat(keys.judge(IRIS_2, MANIFEST, Optional.empty()))
                    .isEqualTo(new Verdict.Refused("its manifest is not signed: there is no manifest.json.sig; "
                            + "trusted is ana-2026, rfc-8032"));
        }

        @Test
        void aKeyThatIsNotTrustedIsNamedWithThoseThatAre() throws IOException {
            byte[] signature = BEN.signing(folder).sign(MANIFEST);

            assertThat(keys.judge(IRIS_2, MANIFEST, Optional.of(signature)))
                    .isEqualTo(new Verdict.Refused("its manifest is signed by the key 'ben', which is not trusted; "
                            + "trusted is ana-2026, rfc-8032"));
        }

        @Test
        void anotherKeyUnderATrustedNameDoesNotMatch() throws IOException {
            SigningKey impostor = SigningKey.read(BEN.writePrivate(folder), Optional.of(new KeyName("ana-2026")));

            assertThat(keys.judge(IRIS_2, MANIFEST, Optional.of(impostor.sign(MANIFEST))))
                    .isInstanceOfSatisfying(
                            Verdict.Refused.class,
                            refused -> assertThat(refused.reason())
                                    .startsWith("its signature by 'ana-2026' does not match"));
        }

        @Test
        void everyByteOfTheManifestAndEveryBitOfTheSignatureCounts() throws IOException {
            ManifestSignature signed =
                    ManifestSignature.parse(IRIS_2, ANA.signing(folder).sign(MANIFEST));
            for (int i = 0; i < MANIFEST.length; i++) {
                byte[] changed = MANIFEST.clone();
                changed[i] ^= 1;
                assertThat(keys.judge(IRIS_2, changed, Optional.of(signed.write())))
                        .isInstanceOf(Verdict.Refused.class);
            }
            byte[] longer = Arrays.copyOf(MANIFEST, MANIFEST.length + 1);
            longer[MANIFEST.length] = '\n';
            assertThat(keys.judge(IRIS_2, longer, Optional.of(signed.write()))).isInstanceOf(Verdict.Refused.class);
            for (int bit = 0; bit < 8 * signed.signature().length; bit++) {
                byte[] changed = signed.signature().clone();
                changed[bit / 8] ^= (byte) (1 << bit % 8);
                assertThat(keys.judge(
                                IRIS_2, MANIFEST, Optional.of(new ManifestSignature(signed.key(), changed).write())))
                        .isInstanceOf(Verdict.Refused.class);
            }
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
            format    | 2            | iris/2/manifest.json.sig: format must be 1, which this build reads, got 2
            format    | "1"          | iris/2/manifest.json.sig: format must be 1, which this build reads, got "1"
            algorithm | "rsa"        | iris/2/manifest.json.sig: algorithm must be "ed25519", got "rsa"
            algorithm | null         | iris/2/manifest.json.sig: algorithm is missing
            key       | "../x"       | iris/2/manifest.json.sig: key: '../x' is not a key name
            signature | "AAAA"       | iris/2/manifest.json.sig: signature: must be an Ed25519 signature of 64 bytes, got 3
            signature | "%%"         | iris/2/manifest.json.sig: signature: must be an Ed25519 signature in Base64
            signature | 7            | iris/2/manifest.json.sig: signature must be a string, got 7
            """)
        void aFileThatIsNoSignatureSaysWhy(String member, String value, String reason) {
            assertThat(judge(file(member, value)))
                    .isInstanceOfSatisfying(
                            Verdict.Refused.class,
                            refused -> assertThat(refused.reason()).startsWith(reason));
        }

        @Test
        void whatIsNoJsonIsRefused() {
            for (String file : new String[] {"", "[]", "{", "[".repeat(10_000), "\u0000"}) {
                assertThat(judge(file)).isInstanceOf(Verdict.Refused.class);
            }
        }
    }

    @Nested
    class KeyFiles {
        private void assertRefused(Path path, String... words) {
            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> TrustedKeys.read(path))
                    .satisfies(e -> assertThat(e.getMessage()).contains(words));
        }

        @Test
        void aFolderGivesTheKeysOfItsPemFilesByTheirNames() throws IOException {
            ANA.writePublic(folder);
            BEN.writePublic(folder);
            BEN.writePrivate(folder); // does not end in .pem

            assertThat(TrustedKeys.read(folder).names()).isEqualTo("ana-2026, ben");
            assertThat(TrustedKeys.read(folder)).isEqualTo(TrustedKeys.read(folder));
        }

        @Test
        void aFileGivesItsKey() throws IOException {
            assertThat(ANA.trusted(folder).names()).isEqualTo("ana-2026");
        }

        @Test
        void whatIsNotThereOrEmptyIsRefused() throws IOException {
            assertRefused(folder.resolve("none"), "none", "there is no such file or directory");
            assertRefused(folder, folder.toString(), "holds no file that ends in .pem");
        }

        @Test
        void aFileWithoutOnePublicKeyOfEd25519IsRefusedByName() throws Exception {
            KeyPairGenerator other = KeyPairGenerator.getInstance("EC");
            String elliptic = TestKey.pem(
                    "PUBLIC KEY", other.generateKeyPair().getPublic().getEncoded());
            for (String content : new String[] {
                "",
                "hello",
                elliptic,
                ANA.publicPem() + BEN.publicPem(),
                TestKey.pem("PUBLIC KEY", new byte[] {1, 2, 3}),
                ANA.publicPem().replace("MCow", "M*ow"),
                ANA.publicPem().replace("END", "DNE")
            }) {
                ANA.writePublic(folder);
                Files.writeString(folder.resolve("bad.pem"), content);
                assertRefused(folder, folder.resolve("bad.pem").toString(), "one public key of Ed25519 in PEM");
            }
        }

        @Test
        void aPrivateKeyIsNotTakenForAPublicOne() throws IOException {
            assertRefused(Files.writeString(folder.resolve("a.pem"), ANA.privatePem()), "holds a private key");
        }

        @Test
        void aHugeFileIsNotRead() throws IOException {
            assertRefused(Files.write(folder.resolve("a.pem"), new byte[1 << 17]), "more than 65536 bytes");
        }

        @Test
        void aFileWhoseNameIsNoKeyNameIsRefused() throws IOException {
            assertRefused(
                    Files.writeString(folder.resolve("ana 2026.pem"), ANA.publicPem()), "'ana 2026' is not a key name");
        }

        @Test
        void onlyAPrivateKeyInClearTextSigns() throws IOException {
            Path publicKey = ANA.writePublic(folder);
            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> SigningKey.read(publicKey, Optional.empty()))
                    .withMessageContaining("one private key of Ed25519 in PEM");
            Path encrypted = Files.writeString(
                    folder.resolve("enc.key"), TestKey.pem("ENCRYPTED PRIVATE KEY", new byte[] {1, 2, 3}));
            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> SigningKey.read(encrypted, Optional.empty()))
                    .withMessageContaining("protected by a passphrase, which is not supported");
            assertThat(ANA.signing(folder).name()).isEqualTo(new KeyName("ana-2026"));
        }
    }
}
