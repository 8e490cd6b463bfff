package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.cli.InProcess.Ran;
import dev.serin.gateway.observe.RegistryTrouble;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryListener;
import dev.serin.registry.StoreException;
import dev.serin.registry.fault.InjectingStore;
import dev.serin.registry.fault.InjectingStore.Request;
import dev.serin.registry.fault.InjectingStore.Response;
import dev.serin.registry.s3.S3Config;
import dev.serin.registry.s3.S3Location;
import dev.serin.registry.s3.S3ProxyStore;
import dev.serin.registry.s3.S3Registry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.Optional;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import software.amazon.awssdk.core.SdkGlobalTime;

/** What an operator reads whose bucket cannot be reached, word for word. */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class StartFailureTest {
    private static Optional<S3ProxyStore> started = Optional.empty();

    private final BucketKey key = BucketKey.ofStore();

    @BeforeAll
    static void startStore() throws Exception {
        started = Optional.of(S3ProxyStore.start());
        started.orElseThrow().newBucket("fraud-models");
        started.orElseThrow().newBucket("models");
    }

    @AfterAll
    static void stopStore() {
        store().close();
    }

    @AfterEach
    void forgetKey() {
        key.close();
    }

    private static S3ProxyStore store() {
        return started.orElseThrow();
    }

    private static InjectingStore injecting(InjectingStore.Rule rule) throws IOException {
        InjectingStore injecting = InjectingStore.before(store().endpoint());
        injecting.answerBy(rule);
        return injecting;
    }

    private static S3Config bucket(URI endpoint, String name, boolean pathStyle) {
        return new S3Config(
                new S3Location(name, "prod"),
                Optional.of(endpoint),
                Optional.empty(),
                Optional.of(pathStyle),
                Optional.empty(),
                S3Config.ONE_ATTEMPT,
                S3Config.Timeouts.DEFAULT);
    }

    private static StoreException failure(S3Config config) {
        try (Registry registry = S3Registry.open(config, RegistryListener.NONE)) {
            return Objects.requireNonNull(
                    Assertions.catchThrowableOfType(StoreException.class, () -> registry.list("")));
        }
    }

    /** The text without what differs from run to run: ports. */
    private static String text(StoreException failure) {
        return RegistryTrouble.of(failure).text().replaceAll("(127\\.0\\.0\\.1|\\.test):[0-9]{4,5}", "$1:PORT") + "\n";
    }

    @Nested
    class WhatMayPassByItself {
        @Test
        void anUnknownHost() {
            StoreException failure = failure(bucket(URI.create("http://gone.test:9000"), "models", true));

            assertThat(failure.isCertain()).isFalse();
            assertThat(text(failure)).isEqualTo("""
                the host of gone.test:PORT is unknown
                  asked     GET http://gone.test:PORT/models?list-type=2&encoding-type=url&prefix=prod%2F  (path-style · region us-east-1 · key AKIA…7Q from aws.accessKeyId)
                  likely    the name is misspelt, or this machine's DNS does not know it
                  try       serin doctor           checks address, TLS, clock, key, bucket, list, read, conditional write, one by one
                """);
        }

        @Test
        void aRefusedConnection() {
            StoreException failure = failure(bucket(URI.create("http://127.0.0.1:1"), "models", true));

            assertThat(failure.isCertain()).isFalse();
            assertThat(text(failure)).isEqualTo("""
                127.0.0.1:1 refuses connections
                  asked     GET http://127.0.0.1:1/models?list-type=2&encoding-type=url&prefix=prod%2F  (path-style · region us-east-1 · key AKIA…7Q from aws.accessKeyId)
                  likely    the store does not run, or listens elsewhere; inside a container localhost is the container
                  try       serin doctor           checks address, TLS, clock, key, bucket, list, read, conditional write, one by one
                """);
        }

        @Test
        void clocksThatDifferByTwentyMinutes() throws Exception {
            try (InjectingStore injecting = injecting((_, _) -> {
                Instant ahead = Instant.now().plus(Duration.ofMinutes(20).plusMillis(500));
                return Response.error(403, "RequestTimeTooSkewed")
                        .with("date", DateTimeFormatter.RFC_1123_DATE_TIME.format(ahead.atOffset(ZoneOffset.UTC)));
            })) {
                StoreException failure = failure(bucket(injecting.endpoint(), "models", true));

                assertThat(failure.isCertain()).isFalse();
                assertThat(text(failure).replaceFirst("is 120[01] s ahead", "is 1200 s ahead"))
                        .isEqualTo("""
                            the store's clock is 20 minutes ahead of ours (403 RequestTimeTooSkewed)
                              asked     GET http://127.0.0.1:PORT/models?list-type=2&encoding-type=url&prefix=prod%2F  (path-style · region us-east-1 · key AKIA…7Q from aws.accessKeyId)
                              answered  403 RequestTimeTooSkewed · its clock is 1200 s ahead of ours
                              likely    one of the two is wrong, this machine's more often than a store's: compare `date -u` with a third; a time service may not run
                              try       serin doctor           checks address, TLS, clock, key, bucket, list, read, conditional write, one by one
                            """);
            } finally {
                SdkGlobalTime.setGlobalTimeOffset(0); // the SDK keeps what it has learnt for all new clients
            }
        }

        @Test
        void aBucketInAHostNameThatNobodyKnows() {
            StoreException failure = failure(bucket(URI.create("http://minio.test:9000"), "gone", false));

            assertThat(failure.isCertain()).isFalse();
            assertThat(text(failure)).isEqualTo("""
                the host of gone.minio.test:PORT is unknown
                  asked     GET http://gone.minio.test:PORT/?list-type=2&encoding-type=url&prefix=prod%2F  (bucket in the host name · region us-east-1 · key AKIA…7Q from aws.accessKeyId)
                  likely    the store looks for the bucket in the path, and we put it into the host name
                  try       --set registry.s3.path-style=true
                """);
        }

        @Test
        void aBucketInTheHostNameOfAStoreThatLooksInThePath() {
            URI endpoint = URI.create("http://minio.test:" + store().endpoint().getPort());

            StoreException failure = failure(bucket(endpoint, "models", false));

            assertThat(failure.isCertain()).isFalse();
            assertThat(text(failure)).isEqualTo("""
                what answered is no S3 store, as it answered a listing with something else
                  asked     GET http://models.minio.test:PORT/?list-type=2&encoding-type=url&prefix=prod%2F  (bucket in the host name · region us-east-1 · key AKIA…7Q from aws.accessKeyId)
                  answered  200 · its clock and ours agree
                  likely    the store looks for the bucket in the path, and we put it into the host name
                  try       --set registry.s3.path-style=true
                """);
        }

        @Test
        void aBucketInThePathOfAStoreThatWantsItInTheHostName() throws Exception {
            try (InjectingStore injecting = injecting((_, _) -> Response.error(403, "SecondLevelDomainForbidden"))) {
                StoreException failure = failure(bucket(injecting.endpoint(), "models", true));

                assertThat(failure.isCertain()).isFalse();
                assertThat(text(failure)).isEqualTo("""
                    the store wants the bucket in the host name (403 SecondLevelDomainForbidden)
                      asked     GET http://127.0.0.1:PORT/models?list-type=2&encoding-type=url&prefix=prod%2F  (path-style · region us-east-1 · key AKIA…7Q from aws.accessKeyId)
                      answered  403 SecondLevelDomainForbidden
                      likely    the store looks for the bucket in the host name, and we put it into the path
                      try       --set registry.s3.path-style=false
                    """);
            }
        }
    }

    @Nested
    class WhatEndsTheStart {
        @TempDir
        private Path directory;

        private Ran serve(URI endpoint, String name) {
            Ran ran = new InProcess(directory)
                    .run(
                            "serve",
                            "--registry",
                            "s3://" + name + "/prod",
                            "--port",
                            "0",
                            "--management-port",
                            "0",
                            "--set",
                            "registry.s3.endpoint=" + endpoint,
                            "--set",
                            "store.path=" + directory.resolve("store"));
            assertThat(ran.status()).as(ran.out() + ran.err()).isEqualTo(78);
            return ran;
        }

        private static String text(Ran ran) {
            return ran.err().replaceAll("(127\\.0\\.0\\.1|\\.test):[0-9]{4,5}", "$1:PORT");
        }

        @Test
        void aRefusedKey() {
            try (BucketKey _ = new BucketKey("AKIANOBODYNOBODY", "some-secret")) {
                assertThat(text(serve(store().endpoint(), "models"))).isEqualTo("""
                    Serin did not start: the registry refused our key
                      asked     GET http://127.0.0.1:PORT/models/prod/.serin/generation  (path-style · region us-east-1 · key AKIA…DY from aws.accessKeyId)
                      answered  403 InvalidAccessKeyId · its clock and ours agree
                      likely    the store knows no such key id: it was deleted, or is another store's
                      try       serin doctor           checks address, TLS, clock, key, bucket, list, read, conditional write, one by one
                    """);
            }
        }

        @Test
        void aBucketThatIsNotThere() {
            assertThat(text(serve(store().endpoint(), "modles"))).isEqualTo("""
                Serin did not start: there is no bucket 'modles' (404 NoSuchBucket)
                  asked     GET http://127.0.0.1:PORT/modles/prod/.serin/generation  (path-style · region us-east-1 · key AKIA…7Q from aws.accessKeyId)
                  answered  404 NoSuchBucket · its clock and ours agree
                  buckets   fraud-models, models
                  likely    its name is misspelt, or it is in another store or account
                  try       serin doctor           checks address, TLS, clock, key, bucket, list, read, conditional write, one by one
                """);
        }

        @Test
        void aBucketThatTheEndpointNamesAlready() throws Exception {
            try (S3ProxyStore below = S3ProxyStore.startBelow("s3.test")) {
                below.newBucket("models");
                URI endpoint =
                        URI.create("http://models.s3.test:" + below.endpoint().getPort());

                assertThat(text(serve(endpoint, "models"))).isEqualTo("""
                    Serin did not start: there is no bucket 'models' (404 NoSuchKey)
                      asked     GET http://models.s3.test:PORT/models?list-type=2&encoding-type=url&prefix=prod%2F  (path-style · region us-east-1 · key AKIA…7Q from aws.accessKeyId)
                      answered  404 NoSuchKey · its clock and ours agree
                      likely    registry.s3.endpoint begins with the bucket's name, which is said once more: by the path, or in front of it
                      try       registry.s3.endpoint without the bucket's name
                    """);
            }
        }

        @Test
        void aBucketInAnotherRegion() throws Exception {
            try (InjectingStore injecting = injecting(
                    (_, _) -> Response.error(301, "PermanentRedirect").with("x-amz-bucket-region", "eu-central-1"))) {
                assertThat(text(serve(injecting.endpoint(), "models"))).isEqualTo("""
                    Serin did not start: the bucket is in region eu-central-1, not in us-east-1 (301 PermanentRedirect)
                      asked     GET http://127.0.0.1:PORT/models/prod/.serin/generation  (path-style · region us-east-1 · key AKIA…7Q from aws.accessKeyId)
                      answered  301 PermanentRedirect
                      try       --set registry.s3.region=eu-central-1
                    """);
            }
        }
    }

    @Nested
    class TheBucketsThatAKeyMaySee {
        private String buckets(Response listing) throws IOException {
            try (InjectingStore injecting =
                    injecting((request, store) -> isOfBuckets(request) ? listing : store.answer())) {
                StoreException failure = failure(bucket(injecting.endpoint(), "modles", true));
                return RegistryTrouble.of(failure).lines().stream()
                        .filter(line -> line.startsWith("buckets"))
                        .findFirst()
                        .orElse("nothing is said");
            }
        }

        private static boolean isOfBuckets(Request request) {
            return request.target().matches("/(\\?.*)?");
        }

        private static Response listing(int number) {
            StringBuilder buckets = new StringBuilder();
            for (int i = 1; i <= number; i++) {
                buckets.append("<Bucket><Name>b").append(i).append("</Name></Bucket>");
            }
            return Response.of(
                    200,
                    "application/xml",
                    "<ListAllMyBucketsResult><Buckets>" + buckets + "</Buckets></ListAllMyBucketsResult>");
        }

        @Test
        void areTenAtMost() throws Exception {
            assertThat(buckets(listing(10))).isEqualTo("buckets   b1, b2, b3, b4, b5, b6, b7, b8, b9, b10");
            assertThat(buckets(listing(12))).endsWith("b9, b10 and 2 more");
        }

        @Test
        void mayBeNone() throws Exception {
            assertThat(buckets(listing(0))).isEqualTo("buckets   none that this key may see");
        }

        @Test
        void areNotSpokenOfWhereItMayNotLook() throws Exception {
            assertThat(buckets(Response.error(403, "AccessDenied"))).isEqualTo("nothing is said");
            assertThat(buckets(Response.of(200, "text/html", "<html>welcome</html>")))
                    .isEqualTo("nothing is said");
        }

        @Test
        void areAskedForOnceByWhoeverPolls() throws Exception {
            try (InjectingStore injecting = injecting((_, store) -> store.answer());
                    Registry registry =
                            S3Registry.open(bucket(injecting.endpoint(), "modles", true), RegistryListener.NONE)) {
                for (int i = 0; i < 3; i++) {
                    Assertions.assertThatExceptionOfType(StoreException.class).isThrownBy(() -> registry.list(""));
                }
                assertThat(injecting.log()).hasSize(4);
                assertThat(injecting.log().stream().filter(TheBucketsThatAKeyMaySee::isOfBuckets))
                        .hasSize(1);
            }
        }
    }
}
