package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.RegistryState;
import dev.serin.gateway.catalog.RegistryState.Stale;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.inference.InvalidInputException.Fault;
import dev.serin.registry.VersionId;
import io.helidon.http.HeaderNames;
import io.helidon.webclient.api.ClientResponseTyped;
import io.helidon.webclient.http1.Http1Client;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.testing.junit5.ServerTest;
import io.helidon.webserver.testing.junit5.SetUpServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ServerTest
class HttpErrorsTest {
    private static final TestEdge EDGE = new TestEdge();

    private final Http1Client client;

    HttpErrorsTest(Http1Client client) {
        this.client = client;
    }

    @SetUpServer
    static void server(WebServerConfig.Builder server) {
        EDGE.main(server);
    }

    @BeforeEach
    void reset() {
        EDGE.predictions = EDGE::doubled;
        EDGE.hidden.clear();
        EDGE.draw = 0;
    }

    private ClientResponseTyped<String> predict() {
        return post("/models/iris/predict");
    }

    private ClientResponseTyped<String> infer() {
        return post("/v2/models/iris/infer");
    }

    private ClientResponseTyped<String> post(String path) {
        return client.post(path)
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .header(HeaderNames.create("X-Request-Id"), "7f3a0c19")
                .submit("{}", String.class);
    }

    private static String header(ClientResponseTyped<?> response, String name) {
        return response.headers().first(HeaderNames.create(name)).orElse("");
    }

    @Test
    void nativeErrorIsAProblemThatSaysEverythingAtOnce() {
        EDGE.fail(new ServingException(ErrorCode.INVALID_INPUT, "Input 'x' has shape [30]; it takes [batch, 4].")
                .withFaults(List.of(new Fault("#/inputs/x", "shape", "has shape [30]; it takes [batch, 4]"))));

        var response = predict();

        assertThat(response.status().code()).isEqualTo(422);
        assertThat(header(response, "Content-Type")).isEqualTo("application/problem+json");
        assertThat(header(response, "Serin-Error")).isEqualTo("invalid-input");
        assertThat(response.entity()).isEqualTo("""
            {
              "type": "/errors/invalid-input",
              "title": "The input does not fit the model",
              "status": 422,
              "code": "invalid-input",
              "model": "iris",
              "version": "2",
              "request_id": "7f3a0c19",
              "detail": "Input 'x' has shape [30]; it takes [batch, 4].",
              "errors": [
                {
                  "pointer": "#/inputs/x",
                  "rule": "shape",
                  "detail": "has shape [30]; it takes [batch, 4]"
                }
              ]
            }
            """);
    }

    @Test
    void whileTheRegistryCannotBeReadWhatIsNotKnownHereMayBeThere() {
        EDGE.catalog.registry(new RegistryState(
                Optional.empty(), Optional.of(new Stale(TestEdge.NOW.minusSeconds(312), "the store is away"))));
        try {
            var version = post("/models/iris/9/predict");
            var model = client.get("/models/irsi").request(String.class);
            var v2 = post("/v2/models/iris/versions/9/infer");
            var other = client.get("/modells").request(String.class);

            assertThat(version.status().code()).isEqualTo(404);
            assertThat(header(version, "Serin-Registry")).isEqualTo("stale; age=312");
            assertThat(version.entity())
                    .contains("Model 'iris' has no version '9'. It has 1, 2, 3 and the aliases stable (1). Not known"
                            + " here; the registry could not be read for 5 min 12 s, so a newer version may exist.\"");
            assertThat(header(model, "Serin-Registry")).isEqualTo("stale; age=312");
            assertThat(model.entity())
                    .contains("Did you mean 'iris'?", "for 5 min 12 s, so a newer model may exist.\"");
            assertThat(header(v2, "Serin-Registry")).isEqualTo("stale; age=312");
            assertThat(v2.entity()).contains("so a newer version may exist.\"}");
            assertThat(header(other, "Serin-Registry")).isEmpty();
        } finally {
            EDGE.catalog.registry(RegistryState.UNREAD);
        }
        assertThat(header(post("/models/iris/9/predict"), "Serin-Registry")).isEmpty();
    }

    @Test
    void v2ErrorHasOneMemberAndNoCharset() {
        EDGE.fail(new ServingException(ErrorCode.INVALID_INPUT, "Input 'x' has shape [30]; it takes [batch, 4].")
                .withFaults(List.of(new Fault("#/inputs/0", "shape", "wrong"))));

        var response = infer();

        assertThat(response.status().code()).isEqualTo(400);
        assertThat(header(response, "Content-Type")).isEqualTo("application/json");
        assertThat(header(response, "Serin-Error")).isEqualTo("invalid-input");
        assertThat(response.entity()).isEqualTo("{\"error\":\"Input 'x' has shape [30]; it takes [batch, 4].\"}");
    }

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyCodeHasOneStatusPerProtocol(ErrorCode code) {
        EDGE.fail(new ServingException(code, "It did not work."));

        int expected = STATUS.getOrDefault(code, 0);
        assertThat(predict().status().code()).isEqualTo(expected);
        assertThat(infer().status().code()).isEqualTo(expected == 422 ? 400 : expected);
    }

    private static final Map<ErrorCode, Integer> STATUS = Map.ofEntries(
            Map.entry(ErrorCode.NOT_FOUND, 404),
            Map.entry(ErrorCode.METHOD_NOT_ALLOWED, 405),
            Map.entry(ErrorCode.INVALID_REQUEST, 400),
            Map.entry(ErrorCode.MODEL_NOT_FOUND, 404),
            Map.entry(ErrorCode.VERSION_NOT_FOUND, 404),
            Map.entry(ErrorCode.INVALID_BODY, 400),
            Map.entry(ErrorCode.INVALID_INPUT, 422),
            Map.entry(ErrorCode.BODY_TOO_LARGE, 413),
            Map.entry(ErrorCode.REQUEST_TIMEOUT, 408),
            Map.entry(ErrorCode.UNSUPPORTED_MEDIA_TYPE, 415),
            Map.entry(ErrorCode.CONFLICT, 409),
            Map.entry(ErrorCode.UNAUTHENTICATED, 401),
            Map.entry(ErrorCode.FORBIDDEN, 403),
            Map.entry(ErrorCode.VERSION_RETIRED, 410),
            Map.entry(ErrorCode.VERSION_LOADING, 503),
            Map.entry(ErrorCode.VERSION_FAILED, 503),
            Map.entry(ErrorCode.INSUFFICIENT_MEMORY, 503),
            Map.entry(ErrorCode.MODEL_BUSY, 429),
            Map.entry(ErrorCode.QUEUE_TIMEOUT, 503),
            Map.entry(ErrorCode.OVERLOADED, 503),
            Map.entry(ErrorCode.STOPPING, 503),
            Map.entry(ErrorCode.REGISTRY_UNAVAILABLE, 503),
            Map.entry(ErrorCode.DEADLINE_EXCEEDED, 504),
            Map.entry(ErrorCode.INFERENCE_FAILED, 500),
            Map.entry(ErrorCode.INTERNAL, 500));

    @Test
    void anErrorSaysWhatWouldHaveAnswered() {
        EDGE.fail(
                new ServingException(ErrorCode.MODEL_BUSY, "iris has 4 requests running and 64 waiting, its limits."));

        var response = predict();

        assertThat(header(response, "Serin-Model")).isEqualTo("iris");
        assertThat(header(response, "Serin-Version")).isEqualTo("2");
        assertThat(header(response, "Serin-Route")).isEqualTo("newest");
        assertThat(header(response, "X-Request-Id")).isEqualTo("7f3a0c19");
        assertThat(header(response, "Server-Timing")).startsWith("read;dur=");
    }

    @Test
    void retryAfterIsInWholeSecondsAndAtLeastOne() {
        EDGE.fail(new ServingException(ErrorCode.VERSION_LOADING, "Loading.").retryAfter(Duration.ofSeconds(9)));
        assertThat(header(predict(), "Retry-After")).isEqualTo("9");

        EDGE.fail(new ServingException(ErrorCode.MODEL_BUSY, "Busy.").retryAfter(Duration.ofMillis(3)));
        assertThat(header(infer(), "Retry-After")).isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 2", "2, 2, 3", "5, 5, 7", "9, 9, 13"})
    void callersWhoWereRefusedTogetherAreToldDifferentTimes(int wait, String soonest, String latest) {
        EDGE.fail(new ServingException(ErrorCode.MODEL_BUSY, "Busy.").retryAfter(Duration.ofSeconds(wait)));

        assertThat(header(predict(), "Retry-After")).isEqualTo(soonest);
        EDGE.draw = Math.nextDown(1.0);
        assertThat(header(predict(), "Retry-After")).isEqualTo(latest);
    }

    @Test
    void aBugIsToldToOperatorsAndOnlyItsIdToCallers() {
        IllegalStateException bug = new IllegalStateException("secret path /etc/passwd");
        EDGE.predictions = _ -> {
            throw bug;
        };

        var response = predict();

        assertThat(response.status().code()).isEqualTo(500);
        assertThat(header(response, "Serin-Error")).isEqualTo("internal");
        assertThat(response.entity())
                .contains("The gateway failed on this request. The operator finds the cause under request 7f3a0c19.")
                .doesNotContain("secret");
        assertThat(EDGE.hidden)
                .containsExactly(new TestEdge.Hidden(ErrorCode.INTERNAL, Optional.empty(), "7f3a0c19", bug));
    }

    @Test
    void whatAModelDidIsToldToOperatorsOnly() {
        RuntimeException nativeText = new IllegalArgumentException("Non-zero status code returned while running Add");
        EDGE.fail(new ServingException(ErrorCode.INFERENCE_FAILED, "iris/2 failed on this input.", nativeText));

        var response = predict();

        assertThat(header(response, "Serin-Error")).isEqualTo("inference-failed");
        assertThat(response.entity())
                .contains("iris/2 failed on this input. The operator finds the cause under request 7f3a0c19.")
                .doesNotContain("status code returned");
        assertThat(EDGE.hidden)
                .containsExactly(new TestEdge.Hidden(
                        ErrorCode.INFERENCE_FAILED, Optional.of(VersionId.parse("iris/2")), "7f3a0c19", nativeText));
    }

    @Test
    void aPathThatLeadsNowhereIsNotFoundInEachProtocolsWords() {
        assertThat(client.get("/nope").request(String.class).entity()).contains("\"code\": \"not-found\"");
        var v2 = client.get("/v2/nope").request(String.class);
        assertThat(v2.status().code()).isEqualTo(404);
        assertThat(v2.entity()).isEqualTo("{\"error\":\"Not Found\"}");
    }

    @Test
    void aWrongMethodIsToldTheRightOne() {
        var get = client.get("/models/iris/predict").request(String.class);
        assertThat(get.status().code()).isEqualTo(405);
        assertThat(header(get, "Allow")).isEqualTo("POST");

        var infer = client.get("/v2/models/iris/infer").request(String.class);
        assertThat(infer.status().code()).isEqualTo(405);
        assertThat(infer.entity()).isEqualTo("{\"error\":\"Method Not Allowed\"}");

        assertThat(client.delete("/models/iris").request(String.class).status().code())
                .isEqualTo(405);
    }

    @Test
    void unknownModelsAndVersionsAreAnsweredWithWhatThereIs() {
        assertThat(post("/models/iriss/predict").entity())
                .contains("No model 'iriss'. Did you mean 'iris'? GET /models lists the 2 you may call.");
        assertThat(post("/models/iris/9/predict").entity())
                .contains("Model 'iris' has no version '9'. It has 1, 2, 3 and the aliases stable (1).");
        assertThat(client.get("/models/iris/9").request(String.class).entity())
                .contains("Model 'iris' has no version '9'. It has 1, 2, 3 and the aliases stable (1).");
    }
}
