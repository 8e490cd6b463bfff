package dev.serin.registry.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import dev.serin.registry.Registry;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.StoreException;
import dev.serin.registry.StoreException.Kind;
import dev.serin.registry.fault.FaultProxy;
import dev.serin.registry.fault.FaultProxy.Fault;
import dev.serin.registry.fault.InjectingStore;
import dev.serin.registry.fault.InjectingStore.Request;
import dev.serin.registry.fault.InjectingStore.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkGlobalTime;

/** What a bucket and the way to it may do to us, fault by fault. */
class S3FaultTest extends S3TestCase {
    private static final String MODEL = "iris/1/model.onnx";
    private static final int MAX = 1 << 20;
    private static final String PORTAL = "<!DOCTYPE html><html><body>Please log in to continue</body></html>";

    @TempDir
    private Path folder;

    private static byte[] readAll(Registry registry, String key) throws IOException {
        try (InputStream in = registry.open(key)) {
            return in.readAllBytes();
        }
    }

    @Nested
    class WhatIsNoListing {
        private void isRefused(Response response) throws IOException {
            put(MODEL, bytes(10, 1));
            InjectingStore injecting = injecting();
            S3Registry registry = open(injecting.endpoint());
            assertThat(registry.list("")).hasSize(1);

            injecting.answer(Request::isList, response);

            assertThat(failure(() -> registry.list("")).kind()).isEqualTo(Kind.NOT_S3);
            assertThat(failure(registry::folders).kind()).isEqualTo(Kind.NOT_S3);
            assertThat(heard.getLast()).startsWith("LIST");
        }

        private Response listing(String xml) {
            return Response.of(200, "application/xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml);
        }

        @Test
        void aWebPageIsNotAnEmptyListing() throws IOException {
            isRefused(Response.of(200, "text/html", PORTAL));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "OK",
                    "<?xml version=\"1.0\"?>",
                    "<html/>",
                    "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>",
                    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>",
                    "<ListBucketResult><Name>another-bucket</Name><IsTruncated>false</IsTruncated></ListBucketResult>"
                })
        void anotherDocumentIsNotAnEmptyListing(String body) throws IOException {
            isRefused(Response.of(200, "application/xml", body));
        }

        @Test
        void aListingOfOtherThingsInOurBucketIsNotAnEmptyListing() throws IOException {
            isRefused(listing("<ListMultipartUploadsResult><Name>%s</Name></ListMultipartUploadsResult>"
                    .formatted(location.bucket())));
        }

        @Test
        void aListingThatEndsInTheMiddleIsNotTheWholeOfIt() throws IOException {
            isRefused(listing("<ListBucketResult><Name>%s</Name><IsTruncated>false</IsTruncated><Contents><Key>prod/a"
                    .formatted(location.bucket())));
        }

        @Test
        void aListingThatNeverEndsIsCut() throws IOException {
            isRefused(listing("<ListBucketResult><Name>%s</Name><IsTruncated>true</IsTruncated>%s</ListBucketResult>"
                    .formatted(location.bucket(), "<NextContinuationToken>again</NextContinuationToken>")));
        }

        @Test
        void aListingThatGoesOnNowhereIsRefused() throws IOException {
            isRefused(listing("<ListBucketResult><Name>%s</Name><IsTruncated>true</IsTruncated></ListBucketResult>"
                    .formatted(location.bucket())));
        }

        @Test
        void objectsOfOthersInAListingAreIgnored() throws IOException {
            String object = "<Contents><Key>%s</Key><LastModified>2026-11-22T10:00:00.000Z</LastModified>"
                    + "<ETag>&quot;1&quot;</ETag><Size>1</Size></Contents>";
            String objects = object.formatted("prod/iris/1/model.onnx")
                    + object.formatted("production/iris/1/model.onnx")
                    + object.formatted("prod/")
                    + object.formatted("prod/iris/");
            InjectingStore injecting = injecting();
            injecting.answer(
                    Request::isList,
                    listing("<ListBucketResult><Name>%s</Name><IsTruncated>false</IsTruncated>%s</ListBucketResult>"
                            .formatted(location.bucket(), objects)));

            assertThat(open(injecting.endpoint()).list(""))
                    .extracting(Registry.RegistryObject::key)
                    .containsExactly(MODEL);
        }

        @Test
        void aStoreThatKnowsNoDelimiterHidesNoFolder() throws IOException {
            String object = "<Contents><Key>%s</Key><LastModified>2026-11-22T10:00:00.000Z</LastModified>"
                    + "<ETag>&quot;1&quot;</ETag><Size>1</Size></Contents>";
            InjectingStore injecting = injecting();
            injecting.answer(
                    Request::isList,
                    listing("<ListBucketResult><Name>%s</Name><IsTruncated>false</IsTruncated>%s</ListBucketResult>"
                            .formatted(
                                    location.bucket(),
                                    object.formatted("prod/README.md") + object.formatted("prod/iris/1/model.onnx"))));

            assertThat(open(injecting.endpoint()).folders()).containsExactly("iris");
        }
    }

    @Test
    void aKeyWithControlCharactersHidesNoOthers() throws IOException {
        String strange = "iris/2\u0001\n/model.onnx";
        put(MODEL, bytes(10, 1));
        put(strange, bytes(10, 1));

        assertThat(open(store().endpoint()).list(""))
                .extracting(Registry.RegistryObject::key)
                .containsExactly(MODEL, strange);
    }

    @Nested
    class WhatIsNoObject {
        @Test
        void aWebPageInsteadOfAnObjectIsRefused() throws IOException {
            put(MODEL, bytes(10, 1));
            InjectingStore injecting = injecting();
            S3Registry registry = open(injecting.endpoint());

            injecting.answer(_ -> true, Response.of(200, "text/html", PORTAL));

            assertThat(failure(() -> registry.read(MODEL, MAX)).kind()).isEqualTo(Kind.NOT_S3);
            assertThat(failure(() -> registry.refresh(MODEL, MAX, "tag")).kind())
                    .isEqualTo(Kind.NOT_S3);
            assertThat(failure(() -> registry.open(MODEL)).kind()).isEqualTo(Kind.NOT_S3);
            assertThat(failure(() -> registry.write(MODEL, new byte[1], new Condition.Always()))
                            .kind())
                    .isEqualTo(Kind.NOT_S3);
        }

        @Test
        void aWebPageThatSaysNotFoundDoesNotMeanThatAnObjectIsGone() throws IOException {
            InjectingStore injecting = injecting();
            S3Registry registry = open(injecting.endpoint());

            injecting.answer(_ -> true, Response.of(404, "text/html", PORTAL));

            assertThat(failure(() -> registry.read(MODEL, MAX)).kind()).isEqualTo(Kind.NOT_S3);
            assertThat(failure(() -> registry.refresh(MODEL, MAX, "tag")).kind())
                    .isEqualTo(Kind.NOT_S3);
        }

        @ParameterizedTest
        @ValueSource(ints = {401, 403, 407, 511})
        void aWebPageThatRefusesIsNotTheStoreRefusingOurKey(int status) throws IOException {
            InjectingStore injecting = injecting();
            injecting.answer(_ -> true, Response.of(status, "text/html", PORTAL));

            StoreException failure = failure(() -> open(injecting.endpoint()).list(""));

            assertThat(failure.kind()).isIn(Kind.NOT_S3, Kind.OTHER);
            assertThat(failure.isCertain()).isFalse();
        }
    }

    @Nested
    class ATransferThatGoesWrong {
        private final byte[] content = bytes(1 << 20, 7);

        @Test
        void aBodyThatEndsEarlyFails() throws IOException {
            put(MODEL, content);
            FaultProxy network = network();
            S3Registry registry = open(network.endpoint());

            network.set(new Fault.CutAfter(300_000));

            assertThatIOException()
                    .isThrownBy(() -> readAll(registry, MODEL))
                    .withMessageMatching("after \\d+ of 1048576 bytes, the exchange with .* broke off");
            assertThat(heard).containsExactly("GET failed");
        }

        @Test
        void aBodyShorterThanItsLengthSaysFails() throws IOException {
            put(MODEL, content);
            InjectingStore injecting = injecting();
            S3Registry registry = open(injecting.endpoint());

            injecting.answerBy((_, store) -> {
                Response response = store.answer();
                return response.withBodyBehindTheSameHead(Arrays.copyOf(response.body(), 1000));
            });

            assertThatIOException().isThrownBy(() -> readAll(registry, MODEL));
            assertThat(failure(() -> registry.read(MODEL, 2 << 20)).kind()).isEqualTo(Kind.OTHER);
        }

        @Test
        void aResetInTheMiddleFails() throws IOException {
            put(MODEL, content);
            FaultProxy network = network();
            S3Registry registry = open(network.endpoint());

            network.set(new Fault.ResetAfter(300_000));

            assertThatIOException().isThrownBy(() -> readAll(registry, MODEL)).withMessageContaining("reset");
        }

        @Test
        void aStallInTheMiddleIsCut() throws IOException {
            put(MODEL, content);
            FaultProxy network = network();
            S3Registry registry = open(network.endpoint());

            network.set(new Fault.Stall(300_000));

            Duration took = timeOf(() -> assertThatIOException()
                    .isThrownBy(() -> readAll(registry, MODEL))
                    .withMessageContaining("did not answer in time"));
            assertThat(took).isLessThan(Duration.ofSeconds(6));
        }

        @Test
        void aBodyThatDripsIsCut() throws IOException {
            put(MODEL, content);
            FaultProxy network = network();
            S3Registry registry = open(network.endpoint());

            network.set(new Fault.Drip(300_000, Duration.ofMillis(200)));

            Duration took = timeOf(() -> assertThatIOException()
                    .isThrownBy(() -> readAll(registry, MODEL))
                    .withMessageContaining("too slowly"));
            assertThat(took).isLessThan(Duration.ofSeconds(6));
        }

        @Test
        void aListingThatDripsIsCut() throws IOException {
            for (int i = 0; i < 20; i++) {
                put("iris/" + i + "/model.onnx", new byte[1]);
            }
            FaultProxy network = network();
            S3Registry registry = open(network.endpoint());

            network.set(new Fault.Drip(1_000, Duration.ofMillis(200)));

            Duration took = timeOf(
                    () -> assertThat(failure(() -> registry.list("")).kind()).isEqualTo(Kind.TIMEOUT));
            assertThat(took).isLessThan(Duration.ofSeconds(8));
        }

        @Test
        void aHeadThatDripsIsCut() throws IOException {
            put(MODEL, content);
            FaultProxy network = network();
            S3Registry registry = open(network.endpoint());

            network.set(new Fault.Drip(0, Duration.ofMillis(200)));

            Duration took = timeOf(
                    () -> assertThat(failure(() -> registry.open(MODEL)).kind()).isEqualTo(Kind.TIMEOUT));
            assertThat(took).isLessThan(Duration.ofSeconds(8));
            assertThat(heard).containsExactly("GET failed");
        }

        @Test
        void aStoreThatNeverAnswersIsGivenUp() throws IOException {
            FaultProxy network = network();
            S3Registry registry = open(network.endpoint());

            network.set(new Fault.BlackHole());

            Duration took = timeOf(
                    () -> assertThat(failure(() -> registry.list("")).kind()).isEqualTo(Kind.TIMEOUT));
            assertThat(took).isLessThan(Duration.ofSeconds(6));
            assertThat(heard).containsExactly("LIST failed");
        }

        @Test
        void whatIsSlowButFlowsIsNotCut() throws IOException {
            put(MODEL, Arrays.copyOf(content, 200_000));
            FaultProxy network = network();
            S3Registry registry = open(network.endpoint());

            network.set(new Fault.RateLimit(100_000)); // two windows long

            assertThat(readAll(registry, MODEL)).isEqualTo(Arrays.copyOf(content, 200_000));
        }

        @Test
        void aStreamClosedEarlyDoesNotReadTheRest() throws IOException {
            put(MODEL, bytes(8 << 20, 7));
            FaultProxy network = network();
            S3Registry registry = open(network.endpoint());
            network.set(new Fault.RateLimit(1 << 20)); // the rest would take 8 seconds

            InputStream in = registry.open(MODEL);
            assertThat(in.read()).isNotNegative();
            Duration took = timeOf(() -> {
                try {
                    in.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });

            assertThat(took).isLessThan(Duration.ofSeconds(1));
            await().until(() -> network.openSockets() == 0);
            assertThat(network.forwardedBytes()).isLessThan(4 << 20);
            assertThat(heard).containsExactly("GET");
        }

        @Test
        void bytesThatAreNotThoseOfTheirChecksumAreRefused() throws IOException {
            put(MODEL, content);
            InjectingStore injecting = injecting();
            S3Registry registry = open(injecting.endpoint());

            injecting.answerBy((_, store) -> store.answer().with("x-amz-checksum-crc32", "AAAAAA=="));

            assertThatIOException().isThrownBy(() -> readAll(registry, MODEL)).withMessageContaining("checksum");
            assertThat(failure(() -> registry.read(MODEL, 2 << 20))).hasMessageContaining("checksum");
        }
    }

    @Nested
    class AStoreThatRefuses {
        @Test
        void slowDownIsAskedOnceWhereSomebodyElseTriesAgain() throws IOException {
            InjectingStore injecting = injecting();
            S3Registry registry = open(injecting.endpoint());
            injecting.answer(_ -> true, Response.error(503, "SlowDown"));

            StoreException failure = failure(() -> registry.list(""));

            assertThat(failure.kind()).isEqualTo(Kind.SLOW_DOWN);
            assertThat(failure.isCertain()).isFalse();
            assertThat(injecting.log()).hasSize(1);
            assertThat(heard).containsExactly("LIST failed");
        }

        @Test
        void toolsAskAgainAndEveryAttemptIsHeard() throws IOException {
            InjectingStore injecting = injecting();
            S3Registry registry = open(withAttempts(config(injecting.endpoint()), 3));
            injecting.answerBy(
                    (_, store) -> injecting.log().size() < 3 ? Response.error(500, "InternalError") : store.answer());

            assertThat(registry.list("")).isEmpty();

            assertThat(injecting.log()).hasSize(3);
            assertThat(heard).containsExactly("LIST failed", "LIST failed", "LIST");
        }

        @Test
        void aKeyThatRotatesIsReadAnewWithoutRestart() throws IOException {
            Path file = folder.resolve("credentials");
            writeProfile(file, "AKIAOLDOLDOLDOLDOLD1", "an-old-secret");
            String before = System.setProperty("aws.sharedCredentialsFile", file.toString());
            try (S3Registry registry = S3Registry.open(config(store().endpoint()), listener())) {
                StoreException failure = failure(() -> registry.list(""));
                assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
                assertThat(failure.isCertain()).isTrue();
                assertThat(failure)
                        .hasMessageContaining("AKIA…D1 from a profile")
                        .hasMessageContaining("403");
                assertThat(failure.toString() + failure.details()).doesNotContain("an-old-secret", "AKIAOLDOLD");

                writeProfile(file, S3ProxyStore.KEY_ID, S3ProxyStore.SECRET);

                await().ignoreExceptionsInstanceOf(StoreException.class)
                        .until(() -> registry.list("").isEmpty());
            } finally {
                restore("aws.sharedCredentialsFile", Optional.ofNullable(before));
            }
        }

        private static void restore(String property, Optional<String> before) {
            before.ifPresentOrElse(value -> System.setProperty(property, value), () -> System.clearProperty(property));
        }

        private static void writeProfile(Path file, String keyId, String secret) throws IOException {
            Files.writeString(
                    file, "[default]\naws_access_key_id=%s\naws_secret_access_key=%s\n".formatted(keyId, secret));
        }

        @Test
        void clocksThatDifferAreNamedAndThenAllowedFor() throws Exception {
            try (S3ProxyStore patient = S3ProxyStore.startWithSkew(Duration.ofHours(1));
                    InjectingStore injecting = InjectingStore.before(patient.endpoint())) {
                S3Location bucket = new S3Location(patient.newBucket(), "");
                S3Registry registry = open(S3ProxyStore.config(injecting.endpoint(), bucket));
                injecting.answerBy((request, store) -> {
                    Instant clock = Instant.now().plus(Duration.ofSeconds(20 * 60 + 30)); // told in whole minutes
                    Response response =
                            Duration.between(signedAt(request), clock).abs().compareTo(Duration.ofMinutes(15)) > 0
                                    ? Response.error(403, "RequestTimeTooSkewed")
                                    : store.answer();
                    return response.with(
                            "date", DateTimeFormatter.RFC_1123_DATE_TIME.format(clock.atOffset(ZoneOffset.UTC)));
                });

                StoreException failure = failure(() -> registry.list(""));

                assertThat(failure.kind()).isEqualTo(Kind.CLOCK_SKEW);
                assertThat(failure).hasMessageContaining("the store's clock is 20 minutes ahead of ours");
                assertThat(registry.list("")).isEmpty();
            } finally {
                SdkGlobalTime.setGlobalTimeOffset(0); // the SDK keeps what it has learnt for all new clients
            }
        }

        private static Instant signedAt(Request request) {
            return Instant.from(DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssX")
                    .parse(request.headers().getOrDefault("x-amz-date", "")));
        }

        @ParameterizedTest
        @ValueSource(ints = {301, 302, 307, 308})
        void noRedirectIsFollowed(int status) throws IOException {
            InjectingStore elsewhere = injecting();
            InjectingStore injecting = injecting();
            S3Registry registry = open(injecting.endpoint());
            put(MODEL, bytes(10, 1));

            injecting.answerBy((request, _) -> Response.error(status, "TemporaryRedirect")
                    .with("location", elsewhere.endpoint() + request.target()));

            assertThat(failure(() -> registry.list("")).kind()).isEqualTo(Kind.WRONG_REGION);
            assertThat(failure(() -> registry.open(MODEL)).kind()).isEqualTo(Kind.WRONG_REGION);
            assertThat(elsewhere.log()).isEmpty();
        }
    }

    @Test
    void anObjectOverwrittenWhileItIsReadIsNeverAMixture() throws IOException {
        byte[] before = filled(4 << 20, 'a');
        byte[] after = filled(4 << 20, 'b');
        put(MODEL, before);
        S3Registry registry = open(config(store().endpoint()), new Sizes(1 << 20, 256 << 10, 3, 5 << 20));

        try (InputStream in = registry.open(MODEL)) {
            assertThat(in.readNBytes(1000)).containsOnly('a');
            put(MODEL, after);
            assertThatIOException().isThrownBy(in::readAllBytes).withMessageContaining("it was overwritten meanwhile");
        }

        assertThat(readAll(registry, MODEL)).isEqualTo(after);
    }

    @Test
    void theListenerHearsOfExactlyTheRequestsThatTheStoreSaw() throws IOException {
        InjectingStore injecting = injecting();
        S3Registry registry = open(config(injecting.endpoint()), new Sizes(1 << 20, 256 << 10, 3, 5 << 20));
        String tag = registry.write("a", "1".getBytes(UTF_8), new Condition.IfAbsent());
        registry.upload(MODEL, Files.write(folder.resolve("local.onnx"), bytes(11 << 20, 3)));
        readAll(registry, MODEL);
        registry.refresh("a", MAX, tag);
        registry.refresh("b", MAX, tag);
        assertThat(registry.read("a", MAX)).map(Content::tag).hasValue(tag);
        anyFailure(() -> registry.write("a", new byte[1], new Condition.IfAbsent()));
        anyFailure(() -> registry.open("nothing"));
        registry.list("");
        registry.delete("a");

        Map<Operation, Long> seen = Map.of(
                Operation.LIST, count(injecting, request -> request.isList()),
                Operation.GET, count(injecting, request -> request.method().equals("GET") && !request.isList()),
                Operation.PUT,
                        count(injecting, request -> List.of("PUT", "POST").contains(request.method())),
                Operation.DELETE, count(injecting, request -> request.method().equals("DELETE")));

        assertThat(seen).containsEntry(Operation.LIST, 1L).containsEntry(Operation.DELETE, 1L);
        assertThat(seen.get(Operation.GET)).isEqualTo(1 + 43 + 4); // 43 ranges after the first
        assertThat(seen.get(Operation.PUT)).isEqualTo(2 + 5); // begin, three parts, complete
        seen.forEach((operation, count) ->
                assertThat(heard(operation)).as(operation.name()).isEqualTo(count));
        assertThat(heard).noneMatch(line -> line.endsWith("failed"));
    }

    private static long count(InjectingStore store, Predicate<Request> which) {
        return store.log().stream().filter(which).count();
    }
}
