package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.predict.Call;
import dev.serin.gateway.predict.PredictionListener.Prediction;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.webclient.api.ClientResponseTyped;
import io.helidon.webclient.http1.Http1Client;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.testing.junit5.ServerTest;
import io.helidon.webserver.testing.junit5.SetUpServer;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ServerTest
@Timeout(60)
class NativeServiceTest {
    private static final TestEdge EDGE = new TestEdge();
    private static final String ROWS = "{\"instances\":[[1,2,3,4],[5,6,7,8]]}";

    private final Http1Client client;

    NativeServiceTest(Http1Client client) {
        this.client = client;
    }

    @SetUpServer
    static void server(WebServerConfig.Builder server) {
        EDGE.main(server);
    }

    @BeforeEach
    void reset() {
        EDGE.predictions = EDGE::doubled;
    }

    private ClientResponseTyped<String> predict(String path, String body) {
        return predict(path, body, "application/json");
    }

    private ClientResponseTyped<String> predict(String path, String body, String contentType) {
        return client.post(path).header(HeaderNames.CONTENT_TYPE, contentType).submit(body, String.class);
    }

    private ClientResponseTyped<String> withHeader(String name, String value) {
        return client.post("/models/iris/predict")
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .header(HeaderNames.create(name), value)
                .submit(ROWS, String.class);
    }

    private static String header(ClientResponseTyped<?> response, String name) {
        return response.headers().first(HeaderNames.create(name)).orElse("");
    }

    @Test
    void aRequestForWhichNoMemoryIsLeftIsAskedToComeAgain() {
        EDGE.predictions = _ -> {
            throw new OutOfMemoryError("Cannot reserve 67108864 bytes of direct buffer memory");
        };

        var response = predict("/models/iris/predict", "{\"instances\": [[1, 2, 3, 4]]}", "application/json");

        assertThat(response.status().code()).isEqualTo(503);
        assertThat(response.entity()).contains("overloaded").doesNotContain("67108864");
    }

    @Test
    void rowsAreAnsweredByRowsAndHeadersSayWhoAnswered() throws InterruptedException {
        var response = predict("/models/iris/predict", ROWS);
        String requestId = header(response, "X-Request-Id");

        assertThat(response.status().code()).isEqualTo(200);
        assertThat(response.entity()).isEqualTo("{\"predictions\":[[2.0,4.0,6.0,8.0],[10.0,12.0,14.0,16.0]]}");
        assertThat(header(response, "Content-Type")).isEqualTo("application/json");
        assertThat(header(response, "Serin-Model")).isEqualTo("iris");
        assertThat(header(response, "Serin-Version")).isEqualTo("2");
        assertThat(header(response, "Serin-Route")).isEqualTo("newest");
        assertThat(requestId).matches("[0-9a-f]{16}");
        assertThat(header(response, "Serin-Error")).isEmpty();
        Prediction told = EDGE.told(requestId);
        assertThat(told.rows()).isEqualTo(2);
        assertThat(told.bytesIn()).isEqualTo(ROWS.length());
        assertThat(told.bytesOut()).isEqualTo(response.entity().length());
        assertThat(told.error()).isEmpty();
    }

    @Test
    void columnsAreAnsweredByColumns() {
        assertThat(predict("/models/iris/1/predict", "{\"inputs\":{\"x\":[[1,2,3,4]]}}")
                        .entity())
                .isEqualTo("{\"outputs\":{\"y\":[[2.0,4.0,6.0,8.0]]}}");
    }

    @Test
    void aV2BodyOnTheNativePathIsAnsweredAsV2() {
        String body = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}";

        assertThat(predict("/models/iris/predict", body).entity())
                .startsWith("{\"model_name\":\"iris\",\"model_version\":\"2\"");
    }

    @ParameterizedTest
    @CsvSource({"1,200", "old,200", "1,422"})
    void aVersionThatWillBeRetiredSaysSoInErrorsToo(String selector, int status) {
        EDGE.predictions = EDGE::retiring;
        var response = predict("/models/wine/" + selector + "/predict", status == 200 ? ROWS : "{\"instances\":[[1]]}");

        assertThat(response.status().code()).isEqualTo(status);
        assertThat(header(response, "Deprecation")).isEqualTo("@1793872800");
        assertThat(header(response, "Sunset")).isEqualTo("Fri, 01 Jan 2027 00:00:00 GMT");
        assertThat(header(response, "Link")).isEqualTo("</models/wine/2>; rel=\"successor-version\"");
    }

    @Test
    void aVersionThatStaysSaysNothingOfItsEnd() {
        EDGE.predictions = EDGE::retiring;
        var response = predict("/models/wine/predict", ROWS);

        assertThat(header(response, "Serin-Version")).isEqualTo("2");
        assertThat(response.headers().stream().map(Header::name)).doesNotContain("Deprecation", "Sunset", "Link");
    }

    @ParameterizedTest
    @CsvSource({
        "/models/iris/1/predict,1,pinned",
        "/models/iris/stable/predict,1,alias",
        "/models/iris/predict,2,newest"
    })
    void theRouteSaysWhyThisVersionAnswered(String path, String version, String route) {
        var response = predict(path, ROWS);

        assertThat(header(response, "Serin-Version")).isEqualTo(version);
        assertThat(header(response, "Serin-Route")).isEqualTo(route);
    }

    @Test
    void serverTimingSaysWhereTheTimeWent() {
        assertThat(header(predict("/models/iris/predict", ROWS), "Server-Timing"))
                .matches("read;dur=\\d+\\.\\d, queue;dur=0\\.1, run;dur=0\\.3, write;dur=\\d+\\.\\d");
    }

    @Test
    void theCallersRequestIdIsTakenOverWhenItIsHarmless() {
        assertThat(header(withHeader("X-Request-Id", "a.B_9-"), "X-Request-Id")).isEqualTo("a.B_9-");
        assertThat(header(withHeader("X-Request-Id", "a b"), "X-Request-Id")).matches("[0-9a-f]{16}");
        assertThat(header(withHeader("X-Request-Id", "a".repeat(65)), "X-Request-Id"))
                .matches("[0-9a-f]{16}");
    }

    @Test
    void elseTheTraceNamesTheRequest() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";

        assertThat(header(withHeader("traceparent", "00-" + trace + "-00f067aa0ba902b7-01"), "X-Request-Id"))
                .isEqualTo(trace);
        assertThat(header(withHeader("traceparent", "00-" + "0".repeat(32) + "-00f067aa0ba902b7-01"), "X-Request-Id"))
                .matches("[0-9a-f]{16}");
        assertThat(header(withHeader("traceparent", "nonsense"), "X-Request-Id"))
                .matches("[0-9a-f]{16}");
    }

    @ParameterizedTest
    @CsvSource({"1ms,1", "250ms,250", "2s,2000", "600s,600000"})
    void aDeadlineCountsFromTheHead(String text, long millis) {
        withHeader("Serin-Deadline", text);

        Call call = Objects.requireNonNull(EDGE.lastCall);
        assertThat(call.asked().orElseThrow().nanoTime() - call.startNanos()).isEqualTo(millis * 1_000_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"250", "0ms", "601s", "1.5s", "-1s", "1m", "ms", " ", "99999999999999999999ms"})
    void aDeadlineThatCannotBeReadIsRefusedByName(String text) {
        var response = withHeader("Serin-Deadline", text);

        assertThat(response.status().code()).isEqualTo(400);
        assertThat(response.entity())
                .contains("\"code\": \"invalid-request\"")
                .contains("Header Serin-Deadline is '")
                .contains("such as 250ms or 2s, from 1ms to 600s.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "application/json; charset=utf-8",
                "Application/JSON;charset=\"UTF-8\"",
                "application/x-www-form-urlencoded",
                "application/octet-stream"
            })
    void whatBeginsLikeJsonIsJson(String type) {
        assertThat(predict("/models/iris/predict", " " + ROWS, type).status().code())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/xml", "application/json; charset=latin1", "text/plain", "multipart/form-data"})
    void otherTypesAreRefusedWithWhatIsTaken(String type) {
        var response = predict("/models/iris/predict", ROWS, type);

        assertThat(response.status().code()).isEqualTo(415);
        assertThat(header(response, "Accept")).isEqualTo("application/json");
        assertThat(response.entity()).contains("'" + type + "' is not read here; send application/json in UTF-8.");
    }

    @Test
    void octetsThatAreNoJsonAreRefused() {
        assertThat(predict("/models/iris/predict", "\u0000\u0001", "application/octet-stream")
                        .status()
                        .code())
                .isEqualTo(415);
    }

    @Test
    void brokenJsonIsToldWithItsPlace() {
        var response = predict("/models/iris/predict", "{\"instances\":[[5.1x");

        assertThat(response.status().code()).isEqualTo(400);
        assertThat(header(response, "Serin-Error")).isEqualTo("invalid-body");
        assertThat(response.entity()).contains("line 1, column");
    }

    @Test
    void aMisfitIsToldWithItsPointer() {
        var response = predict("/models/iris/predict", "{\"instances\":[[1,2,3]]}");

        assertThat(response.status().code()).isEqualTo(422);
        assertThat(response.entity()).contains("\"code\": \"invalid-input\"").contains("\"version\": \"2\"");
    }
}
