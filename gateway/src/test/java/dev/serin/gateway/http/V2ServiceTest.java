package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.Catalogs;
import dev.serin.gateway.predict.Answer;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.registry.ModelName;
import io.helidon.http.HeaderNames;
import io.helidon.webclient.api.ClientResponseTyped;
import io.helidon.webclient.http1.Http1Client;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.testing.junit5.ServerTest;
import io.helidon.webserver.testing.junit5.SetUpServer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ServerTest
class V2ServiceTest {
    private static final TestEdge EDGE = new TestEdge();
    private static final String ONE_ROW =
            "{\"id\":\"a\",\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}";

    private final Http1Client client;

    V2ServiceTest(Http1Client client) {
        this.client = client;
    }

    @SetUpServer
    static void server(WebServerConfig.Builder server) {
        EDGE.main(server);
    }

    @BeforeEach
    void reset() {
        EDGE.down = "";
        EDGE.predictions = EDGE::doubled;
    }

    private ClientResponseTyped<String> get(String path) {
        return client.get(path)
                .header(HeaderNames.ACCEPT_ENCODING, "gzip, deflate")
                .request(String.class);
    }

    private ClientResponseTyped<String> infer(String path, String body) {
        return client.post(path)
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .submit(body, String.class);
    }

    private static void assertOk(ClientResponseTyped<String> response, String body) {
        assertThat(response.status().code()).isEqualTo(200);
        assertThat(response.headers().first(HeaderNames.CONTENT_TYPE)).contains("application/json");
        assertThat(response.headers().first(HeaderNames.CONTENT_ENCODING)).isEmpty();
        assertThat(response.entity()).isEqualTo(body);
    }

    private static void assertError(ClientResponseTyped<String> response, int status, String text) {
        assertThat(response.status().code()).isEqualTo(status);
        assertThat(response.headers().first(HeaderNames.CONTENT_TYPE)).contains("application/json");
        assertThat(response.headers().first(HeaderNames.CONTENT_ENCODING)).isEmpty();
        assertThat(response.entity()).isEqualTo("{\"error\":\"" + text + "\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v2", "/v2/"})
    void theServerDescribesItself(String path) {
        assertOk(get(path), "{\"name\":\"serin\",\"version\":\"0.0.0-test\",\"extensions\":[\"binary_tensor_data\"]}");
    }

    @Test
    void healthHasABodyThatClientsRead() {
        assertOk(get("/v2/health/live"), "{\"live\":true}");
        assertOk(get("/v2/health/ready"), "{\"ready\":true,\"live\":true}");

        EDGE.down = "starting: 1 of 2 versions loaded";
        assertError(get("/v2/health/ready"), 503, "The gateway is not ready: starting: 1 of 2 versions loaded");
    }

    @Test
    void aModelDescribesWhatItTakesAndGives() {
        String ports = "\"platform\":\"onnxruntime_onnx\","
                + "\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,4]}],"
                + "\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[-1,4]}]}";

        assertOk(get("/v2/models/iris"), "{\"name\":\"iris\",\"versions\":[\"1\",\"2\"]," + ports);
        assertOk(get("/v2/models/iris/versions/1"), "{\"name\":\"iris\",\"versions\":[\"1\"]," + ports);
    }

    @ParameterizedTest
    @ValueSource(strings = {ONE_ROW, "{}"})
    void aVersionThatWillBeRetiredSaysSoInErrorsToo(String body) {
        EDGE.predictions = EDGE::retiring;
        var response = infer("/v2/models/wine/versions/1/infer", body);

        assertThat(response.status().code()).isEqualTo(body.equals(ONE_ROW) ? 200 : 400);
        assertThat(response.headers().first(HeaderNames.create("Deprecation"))).contains("@1793872800");
        assertThat(response.headers().first(HeaderNames.create("Sunset"))).contains("Fri, 01 Jan 2027 00:00:00 GMT");
        assertThat(response.headers().first(HeaderNames.create("Link")))
                .contains("</models/wine/2>; rel=\"successor-version\"");
    }

    @Test
    void aModelIsReadyWhenOneOfItsVersionsCanAnswer() {
        assertOk(get("/v2/models/iris/ready"), "{\"name\":\"iris\",\"ready\":true}");
        assertOk(get("/v2/models/iris/versions/2/ready"), "{\"name\":\"iris\",\"ready\":true}");
        assertError(get("/v2/models/fresh/ready"), 503, "fresh/1 is loading.");
        assertError(
                get("/v2/models/iris/versions/3/ready"),
                503,
                "iris/3 cannot be loaded: model.onnx does not match its manifest.");
        assertError(get("/v2/models/fresh"), 503, "fresh/1 is loading.");
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertError(get("/v2/models/nope/ready"), 404, "No model 'nope'. GET /models lists the 2 you may call.");
        assertError(
                get("/v2/models/iris/versions/abc/ready"),
                404,
                "Model 'iris' has no version 'abc'. It has 1, 2, 3 and the aliases stable (1).");
        assertThat(get("/v2/models/iris/versions/99999999999999999999/ready")
                        .status()
                        .code())
                .isEqualTo(404);
        assertError(get("/v2/models/iris/config"), 404, "Not Found");
        assertError(get("/v2/models/iris/versions"), 404, "Not Found");
        assertError(get("/v2/models"), 404, "Not Found");
        assertError(get("/v2/health"), 404, "Not Found");
    }

    @Test
    void aWrongMethodIsRefusedInV2sWords() {
        assertError(get("/v2/models/iris/infer"), 405, "Method Not Allowed");
        assertError(infer("/v2/health/live", ""), 405, "Method Not Allowed");
        assertError(infer("/v2/models/iris", ""), 405, "Method Not Allowed");
    }

    @Test
    void anInferenceIsAnsweredFlatAndWithNothingMore() {
        var response = infer("/v2/models/iris/versions/2/infer", ONE_ROW);

        assertOk(
                response,
                "{\"model_name\":\"iris\",\"model_version\":\"2\",\"id\":\"a\",\"outputs\":["
                        + "{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[1,4],\"data\":[2.0,4.0,6.0,8.0]}]}");
        assertThat(response.headers().first(HeaderNames.create("Serin-Route"))).contains("pinned");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/octet-stream",
                "application/x-www-form-urlencoded",
                "text/plain",
                "application/json; charset=utf-8",
                "application/vnd.sagemaker-triton.binary+json"
            })
    void anyContentTypeIsReadAsJson(String type) {
        var response = client.post("/v2/models/iris/infer")
                .header(HeaderNames.CONTENT_TYPE, type)
                .submit(ONE_ROW, String.class);

        assertThat(response.status().code()).isEqualTo(200);
    }

    @Test
    void unknownMembersAreIgnored() {
        String body = "{\"model_name\":\"iris\",\"request_id\":7," + ONE_ROW.substring(1);

        assertThat(infer("/v2/models/iris/infer", body).status().code()).isEqualTo(200);
    }

    @Test
    void anOutputThatV2CannotCarryIsAnsweredWithTheWayOut() {
        Value.Sequence tensors = new Value.Sequence(List.of(Tensor.ofStrings(new long[] {1}, PackedStrings.of("a"))));
        EDGE.predictions = call -> EDGE.doubled(call) instanceof Answer.Outputs outputs
                ? new Answer.Outputs(outputs.by(), TestEdge.SIGNATURE, List.of(tensors), outputs.timings())
                : EDGE.doubled(call);

        var response = client.post("/v2/models/iris/infer")
                .header(HeaderNames.create("X-Request-Id"), "7f3a0c19")
                .submit(ONE_ROW, String.class);

        assertError(
                response,
                500,
                "Output 'y' is a sequence of tensors, which V2 cannot carry; ask /models/{model}/predict for it."
                        + " The operator finds the cause under request 7f3a0c19.");
        assertThat(response.headers().first(HeaderNames.create("Serin-Error"))).contains("inference-failed");
    }

    @Test
    void metadataAndReadinessAreThoseOfTheVersionThatInferWouldAsk() {
        ModelName iris = new ModelName("iris");
        CatalogModel before = EDGE.catalog.model(iris).orElseThrow();
        EDGE.catalog.put(new CatalogModel(
                iris, before.versions(), Catalogs.policy(Optional.of("3"), Map.of()), Optional.empty()));
        try {
            String failed = "iris/3 cannot be loaded: model.onnx does not match its manifest.";
            assertError(get("/v2/models/iris/ready"), 503, failed);
            assertError(get("/v2/models/iris"), 503, failed);
        } finally {
            EDGE.catalog.put(before);
        }
    }

    @Test
    void aCompressedBodyIsRefusedAndIdentityIsNone() {
        var gzip = client.post("/v2/models/iris/infer")
                .header(HeaderNames.CONTENT_ENCODING, "gzip")
                .submit(ONE_ROW, String.class);
        assertThat(gzip.status().code()).isEqualTo(415);
        assertThat(gzip.headers().first(HeaderNames.ACCEPT_ENCODING)).contains("identity");

        var identity = client.post("/v2/models/iris/infer")
                .header(HeaderNames.CONTENT_ENCODING, "identity")
                .submit(ONE_ROW, String.class);
        assertThat(identity.status().code()).isEqualTo(200);
    }
}
