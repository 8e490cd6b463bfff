package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.Catalogs;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import io.helidon.http.HeaderNames;
import io.helidon.webclient.http1.Http1Client;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.testing.junit5.ServerTest;
import io.helidon.webserver.testing.junit5.SetUpServer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On the management port, which says more; the short bodies of the main port are a part of it. */
@ServerTest
class HealthServiceTest {
    private static final TestEdge EDGE = new TestEdge();

    private final Http1Client client;

    HealthServiceTest(Http1Client client) {
        this.client = client;
    }

    @SetUpServer
    static void server(WebServerConfig.Builder server) {
        EDGE.management(server);
    }

    @BeforeEach
    void up() {
        EDGE.down = "";
    }

    private String get(String path, int status) {
        var response = client.get(path).request(String.class);
        assertThat(response.status().code()).isEqualTo(status);
        return response.entity();
    }

    @Test
    void aLivingProcessSaysSoInOneLine() {
        EDGE.down = "starting: 1 of 2 versions loaded";

        assertThat(get("/health/live", 200)).isEqualTo("{\"status\":\"UP\"}");
    }

    @Test
    void readinessNamesItsReasonAndEveryVersionThatIsNotReady() {
        EDGE.down = "starting: 1 of 2 versions loaded";

        assertThat(get("/health/ready", 503))
                .startsWith("{\n  \"status\": \"DOWN\",\n  \"reason\": \"starting: 1 of 2 versions loaded\",")
                .contains("\"versions_ready\": 2,")
                .contains("\"iris/3\": {\n        \"state\": \"failed\",")
                .contains("\"fresh/1\": {\n        \"state\": \"loading\"\n      }")
                .doesNotContain("iris/2", "versions_not_shown")
                .contains("\"reason\": \"model.onnx does not match its manifest\",\n        \"attempts\": 2,");
    }

    @Test
    void aPolicyThatCannotBeReadIsNamedAndDoesNotCount() {
        EDGE.catalog.put(new CatalogModel(
                new ModelName("broken"), List.of(), ModelPolicy.NONE, Optional.of("broken/model.json ends too early")));
        try {
            assertThat(get("/health/ready", 200))
                    .containsPattern(
                            "\"policies_unreadable\": \\{\\s+\"broken\": \"broken/model.json ends too early\"\\s+}");
        } finally {
            EDGE.catalog.put(Catalogs.model("broken"));
        }
    }

    @Test
    void ofManyVersionsThatAreNotReadyTheFirstHundredAreShownAndThoseThatFailedComeFirst() {
        List<String> many =
                IntStream.range(0, 120).mapToObj(i -> i + " pending").toList();
        EDGE.catalog.put(Catalogs.model("aaa", many.toArray(String[]::new)));
        try {
            String body = get("/health/ready", 200);

            assertThat(body).contains("\"versions_not_shown\": 22");
            assertThat(body.indexOf("iris/3")).isPositive().isLessThan(body.indexOf("aaa/0"));
        } finally {
            EDGE.catalog.put(Catalogs.model("aaa"));
        }
    }

    @Test
    void aReadyVersionThatTheRegistryDoesNotHoldAnyMoreIsShownToo() {
        EDGE.catalog.put(Catalogs.deleted("gone", "1"));
        try {
            assertThat(get("/health/ready", 200))
                    .contains("\"gone/1\": {\n        \"state\": \"ready\",\n"
                            + "        \"discrepancy\": \"is gone from the registry\"\n      }");
        } finally {
            EDGE.catalog.put(Catalogs.model("gone"));
        }
    }

    @Test
    void onceStartedAlwaysStarted() {
        assertThat(get("/health/ready", 200)).contains("\"status\": \"UP\"");
        EDGE.down = "the registry is gone";

        assertThat(get("/health/started", 200)).isEqualTo("{\"status\":\"UP\"}");
    }

    @Test
    void otherPathsAreNotHealth() {
        assertThat(get("/health", 404)).contains("not-found");
        assertThat(get("/health/nope", 404)).contains("not-found");
    }

    @Test
    void metricsAreTextForPrometheus() {
        var response = client.get("/metrics").request(String.class);

        assertThat(response.headers().first(HeaderNames.CONTENT_TYPE))
                .contains("text/plain; version=0.0.4; charset=utf-8");
        assertThat(response.entity()).isEqualTo("# metrics\n");
    }
}
