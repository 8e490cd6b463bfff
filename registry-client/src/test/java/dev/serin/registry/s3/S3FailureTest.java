package dev.serin.registry.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.StoreException;
import dev.serin.registry.StoreException.Answered;
import dev.serin.registry.StoreException.Asked;
import dev.serin.registry.StoreException.Kind;
import dev.serin.registry.fault.InjectingStore;
import dev.serin.registry.fault.InjectingStore.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator is told. */
class S3FailureTest extends S3TestCase {
    @TempDir
    private Path folder;

    @Test
    void aFailureTellsWhatWasAskedAndAnswered() {
        S3Registry registry = open(
                config(store().endpoint()),
                Sizes.DEFAULT,
                S3ProxyStore.credentials(S3ProxyStore.KEY_ID, "not-the-secret-of-this-key"));

        StoreException failure = failure(() -> registry.list("iris/"));

        assertThat(failure)
                .hasMessage("Cannot list 'iris/' in s3://%s/prod (%s): the store refused our key AKIA…7Q (%s)"
                        .formatted(location.bucket(), store().endpoint(), "403 SignatureDoesNotMatch"));
        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        assertThat(failure.isCertain()).isTrue();
        assertThat(failure.details().answered()).hasValue(new Answered(403, Optional.of("SignatureDoesNotMatch")));
        assertThat(failure.details().asked()).hasValueSatisfying(asked -> {
            assertThat(asked.request())
                    .startsWith("GET %s/%s?".formatted(store().endpoint(), location.bucket()))
                    .contains("prefix=prod%2Firis%2F");
            assertThat(asked.pathStyle()).isTrue();
            assertThat(asked.region()).isEqualTo("us-east-1");
            assertThat(asked.key()).hasValue("AKIA…7Q");
        });
        assertThat(failure.details().storeClockAhead())
                .hasValueSatisfying(ahead -> assertThat(ahead.abs().toSeconds()).isLessThan(3));
        assertThat(failure.toString() + failure.details()).doesNotContain("not-the-secret", S3ProxyStore.KEY_ID);
    }

    @Test
    void anUnknownKeyIsRefusedForCertain() {
        S3Registry registry = open(
                config(store().endpoint()), Sizes.DEFAULT, S3ProxyStore.credentials("AKIANOBODYNOBODY", "some-secret"));

        StoreException failure = failure(() -> registry.list(""));

        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        assertThat(failure.isCertain()).isTrue();
        assertThat(failure.details().answered().flatMap(Answered::code)).hasValue("InvalidAccessKeyId");
    }

    @Test
    void aBucketThatIsNotThereIsNamedAndIsNoEmptyRegistry() {
        S3Registry registry = open(S3ProxyStore.config(store().endpoint(), new S3Location("no-such-bucket", "prod")));

        List<StoreException> failures = List.of(
                failure(() -> registry.list("")),
                failure(() -> registry.read("a", 10)),
                failure(() -> registry.refresh("a", 10, "tag")),
                failure(() -> registry.open("a")),
                failure(() -> registry.write("a", new byte[1], new Condition.IfTag("tag"))));

        assertThat(failures).allSatisfy(failure -> {
            assertThat(failure.kind()).isEqualTo(Kind.NO_SUCH_BUCKET);
            assertThat(failure.isCertain()).isTrue();
            assertThat(failure).hasMessageContaining("there is no bucket 'no-such-bucket' (404 NoSuchBucket)");
        });
    }

    @Test
    void aBucketInAnotherRegionIsSaidToBeThere() throws IOException {
        InjectingStore injecting = injecting();
        S3Registry registry = open(injecting.endpoint());
        injecting.answer(
                _ -> true, Response.error(301, "PermanentRedirect").with("x-amz-bucket-region", "eu-central-1"));

        StoreException failure = failure(() -> registry.list(""));

        assertThat(failure.kind()).isEqualTo(Kind.WRONG_REGION);
        assertThat(failure.isCertain()).isTrue();
        assertThat(failure.details().rightRegion()).hasValue("eu-central-1");
        assertThat(failure).hasMessageContaining("the bucket is in region eu-central-1, not in us-east-1");
    }

    @Test
    void theRightRegionIsTakenFromTheTextWhereOnlyThatNamesIt() throws IOException {
        InjectingStore injecting = injecting();
        S3Registry registry = open(injecting.endpoint());
        injecting.answer(
                _ -> true,
                Response.of(
                        400,
                        "application/xml",
                        "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The header is malformed; "
                                + "the region 'us-east-1' is wrong; expecting 'eu-west-1'</Message></Error>"));

        assertThat(failure(() -> registry.list("")).details().rightRegion()).hasValue("eu-west-1");
    }

    @Test
    void aTokenThatHasExpiredMayBeRenewed() throws IOException {
        InjectingStore injecting = injecting();
        S3Registry registry = open(injecting.endpoint());
        injecting.answer(_ -> true, Response.error(400, "ExpiredToken"));

        StoreException failure = failure(() -> registry.list(""));

        assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
        assertThat(failure.isCertain()).isFalse();
    }

    @Test
    void aHostThatNobodyKnowsIsNamed() {
        StoreException failure =
                failure(() -> open(URI.create("http://gone.test:9000")).list(""));

        assertThat(failure.kind()).isEqualTo(Kind.UNKNOWN_HOST);
        assertThat(failure.isCertain()).isFalse();
        assertThat(failure.details().answered()).isEmpty();
        assertThat(failure).hasMessageContaining("the host of gone.test:9000 is unknown");
    }

    @Test
    void aRefusedConnectionIsNamed() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }

        StoreException failure =
                failure(() -> open(URI.create("http://127.0.0.1:" + port)).list(""));

        assertThat(failure.kind()).isEqualTo(Kind.CONNECTION_REFUSED);
        assertThat(failure.isCertain()).isFalse();
        assertThat(failure).hasMessageContaining("127.0.0.1:%d refuses connections".formatted(port));
        assertThat(heard).containsExactly("LIST failed");
    }

    @Test
    void aFileThatVanishesWhileItIsUploadedIsNamed() throws IOException {
        Path file = Files.write(folder.resolve("model.onnx"), bytes(100, 1));
        S3Registry registry = open(store().endpoint());
        Files.delete(file);

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> registry.upload("iris/1/model.onnx", file))
                .withMessageContaining("model.onnx");
    }

    @Test
    void onlyTrustedCertificatesAreAccepted() throws Exception {
        Path keys = certificate("127.0.0.1", "ip:127.0.0.1");
        try (S3ProxyStore secure = S3ProxyStore.startSecure(keys, "changeit")) {
            S3Location bucket = new S3Location(secure.newBucket(), "");
            S3Config untrusting = S3ProxyStore.config(secure.secureEndpoint(), bucket);

            StoreException failure = failure(() -> open(untrusting).list(""));

            assertThat(failure.kind()).isEqualTo(Kind.TLS);
            assertThat(failure).hasMessageContaining("its certificate is not trusted");
            assertThat(open(trusting(untrusting, exported(keys))).list("")).isEmpty();
        }
    }

    @Test
    void aCertificateForAnotherHostIsRefused() throws Exception {
        Path keys = certificate("minio.example", "dns:minio.example");
        try (S3ProxyStore secure = S3ProxyStore.startSecure(keys, "changeit")) {
            S3Config config = S3ProxyStore.config(secure.secureEndpoint(), new S3Location(secure.newBucket(), ""));

            StoreException failure =
                    failure(() -> open(trusting(config, exported(keys))).list(""));

            assertThat(failure.kind()).isEqualTo(Kind.TLS);
            assertThat(failure).hasMessageContaining("its certificate is for another host");
        }
    }

    @Test
    void aPortThatSpeaksNoTlsIsSaidToBeOne() {
        URI plain = store().endpoint();

        StoreException failure = failure(
                () -> open(URI.create("https://127.0.0.1:" + plain.getPort())).list(""));

        assertThat(failure.kind()).isEqualTo(Kind.TLS);
    }

    @Test
    void aCaFileWithoutCertificatesIsRefusedByName() throws IOException {
        Path empty = Files.writeString(folder.resolve("ca.pem"), "nothing");

        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> open(trusting(config(store().endpoint()), empty)))
                .withMessageContaining("ca.pem");
        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> open(trusting(config(store().endpoint()), folder.resolve("missing.pem"))))
                .withMessageContaining("missing.pem");
    }

    @Test
    void openingAsksNobody() {
        try (S3Registry registry = S3Registry.open(config(URI.create("http://gone.test")), RegistryListener.NONE)) {
            assertThat(registry.location()).isEqualTo("s3://%s/prod (http://gone.test)".formatted(location.bucket()));
        }
    }

    @Test
    void aShortKeyIdIsHiddenAltogether() {
        assertThat(Credentials.masked("minio")).isEqualTo("m…");
        assertThat(Credentials.masked("")).isEqualTo("…");
        assertThat(new Asked("GET /", true, "r", Optional.empty(), Optional.empty()).key())
                .isEmpty();
    }

    private Path certificate(String name, String alternative) throws Exception {
        Path keys = folder.resolve(name + ".p12");
        keytool(
                keys,
                "-genkeypair",
                "-alias",
                "store",
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=" + alternative);
        return keys;
    }

    private Path exported(Path keys) throws Exception {
        Path pem = folder.resolve("ca.pem");
        keytool(keys, "-exportcert", "-rfc", "-alias", "store", "-file", pem.toString());
        return pem;
    }

    private static void keytool(Path keys, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        builder.command().addAll(List.of(arguments));
        builder.command().addAll(List.of("-keystore", keys.toString(), "-storepass", "changeit"));
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    private static S3Config trusting(S3Config config, Path caFile) {
        return new S3Config(
                config.location(),
                config.endpoint(),
                config.region(),
                config.pathStyle(),
                Optional.of(caFile),
                config.attempts(),
                config.timeouts());
    }
}
