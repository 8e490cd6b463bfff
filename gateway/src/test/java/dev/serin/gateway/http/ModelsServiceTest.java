package dev.serin.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.Catalogs;
import dev.serin.gateway.routing.Routes;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.format.ModelPolicies;
import io.helidon.http.HeaderNames;
import io.helidon.webclient.api.ClientResponseTyped;
import io.helidon.webclient.http1.Http1Client;
import io.helidon.webclient.http1.Http1ClientRequest;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.testing.junit5.ServerTest;
import io.helidon.webserver.testing.junit5.SetUpServer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ServerTest
class ModelsServiceTest {
    private static final TestEdge EDGE = new TestEdge();

    private final Http1Client client;

    ModelsServiceTest(Http1Client client) {
        this.client = client;
    }

    @SetUpServer
    static void server(WebServerConfig.Builder server) {
        EDGE.main(server);
    }

    private ClientResponseTyped<String> get(String pathAndQuery) {
        int question = pathAndQuery.indexOf('?');
        if (question < 0) {
            return client.get(pathAndQuery).request(String.class);
        }
        Http1ClientRequest request = client.get(pathAndQuery.substring(0, question));
        for (String parameter : pathAndQuery.substring(question + 1).split("&", -1)) {
            String[] pair = parameter.split("=", -1);
            request.queryParam(pair[0], pair[1]);
        }
        return request.request(String.class);
    }

    @Test
    void theListShowsEveryModelWithItsVersionsAndAliases() {
        assertThat(get("/models").entity()).isEqualTo("""
            {
              "models": [
                {
                  "name": "fresh",
                  "newest": null,
                  "aliases": {},
                  "versions": [
                    {
                      "version": "1",
                      "state": "loading",
                      "digest": "%1$s"
                    }
                  ],
                  "requests_per_second": 812.4
                },
                {
                  "name": "iris",
                  "newest": "2",
                  "aliases": {
                    "stable": "1"
                  },
                  "versions": [
                    {
                      "version": "1",
                      "state": "ready",
                      "digest": "%1$s",
                      "memory_bytes": 943718
                    },
                    {
                      "version": "2",
                      "state": "ready",
                      "digest": "%2$s",
                      "memory_bytes": 943718
                    },
                    {
                      "version": "3",
                      "state": "failed",
                      "digest": "%3$s"
                    }
                  ],
                  "requests_per_second": 812.4
                }
              ]
            }
            """.formatted("1".repeat(64), "2".repeat(64), "3".repeat(64)));
    }

    @Test
    void theListComesInPages() {
        String first = get("/models?limit=1").entity();
        assertThat(first)
                .contains("\"name\": \"fresh\"")
                .contains("\"next\": \"fresh\"")
                .doesNotContain("iris");

        String second = get("/models?limit=1&after=fresh").entity();
        assertThat(second).contains("\"name\": \"iris\"").doesNotContain("\"next\"");

        assertThat(get("/models?after=iris").entity()).contains("\"models\": []");
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=0", "limit=1001", "limit=ten", "limit=", "limit=-1", "after=..", "after="})
    void aPageThatCannotBeIsRefusedByName(String query) {
        var response = get("/models?" + query);

        assertThat(response.status().code()).isEqualTo(400);
        assertThat(response.entity())
                .contains("\"code\": \"invalid-request\"")
                .contains("Parameter " + query.substring(0, query.indexOf('=')) + " is '");
    }

    @Test
    void aModelIsShownWithItsTraffic() {
        assertThat(get("/models/iris").entity())
                .startsWith("{\n  \"name\": \"iris\",\n  \"newest\": \"2\",")
                .contains("\"traffic\": {}");
    }

    @Test
    void whatThePolicyAsksForInVainIsMarked() {
        ModelName iris = new ModelName("iris");
        CatalogModel before = EDGE.catalog.model(iris).orElseThrow();
        ModelPolicy policy = ModelPolicies.parse(iris, """
            {"colour": "red", "traffic": {"primary": "1", "canary": {"id": "k", "version": "4", "weight": 2.5},
                                          "shadow": {"version": "3", "percent": 20}}}\
            """.getBytes(StandardCharsets.UTF_8));
        EDGE.catalog.put(
                new CatalogModel(iris, before.versions(), policy, Optional.of("iris/model.json ends too early")));
        try {
            assertThat(get("/models/iris").entity().replaceAll("\\s+", ""))
                    .contains("\"traffic\":{\"primary\":\"1\","
                            + "\"canary\":{\"version\":\"4\",\"weight\":0.0,\"id\":\"k\",\"why_not\":\"itisnotthere\"},"
                            + "\"shadow\":{\"version\":\"3\",\"percent\":20.0,\"why_not\":\"itisfailed\"},"
                            + "\"primary_version\":\"1\"}")
                    .contains("\"policy_unknown\":[\"colour\"]")
                    .contains("\"policy_problem\":\"iris/model.jsonendstooearly\"");
        } finally {
            EDGE.catalog.put(before);
        }
    }

    @Test
    void aVersionIsShownWhole() {
        assertThat(get("/models/iris/2").entity()).isEqualTo("""
            {
              "model": "iris",
              "version": "2",
              "state": "ready",
              "digest": "%s",
              "published_at": "2026-11-22T10:00:00Z",
              "source": "manifest",
              "signature": {
                "inputs": [
                  {
                    "name": "x",
                    "datatype": "FP32",
                    "shape": [
                      "batch",
                      4
                    ]
                  }
                ],
                "outputs": [
                  {
                    "name": "y",
                    "datatype": "FP32",
                    "shape": [
                      "batch",
                      4
                    ]
                  }
                ]
              },
              "aliases": [],
              "route": {
                "role": "newest",
                "weight": 100
              },
              "batchable": true,
              "memory_bytes": 943718,
              "load_seconds": {
                "download": 0.001,
                "verify": 0.0,
                "read": 0.001,
                "create": 0.033,
                "warm": 0.004
              },
              "metadata": {
                "author": "ana"
              }
            }
            """.formatted(TestEdge.DIGEST_OF_2));
    }

    @Test
    void aFailedVersionSaysWhyAndWhenItIsTriedAgain() {
        assertThat(get("/models/iris/3").entity())
                .contains("\"state\": \"failed\"")
                .contains("\"reason\": \"model.onnx does not match its manifest\"")
                .contains("\"attempts\": 2")
                .contains("\"next_try\": \"2026-11-22T14:31:07Z\"")
                .contains("\"role\": \"none\"");
    }

    @Test
    void anAliasShowsTheVersionItStandsFor() {
        assertThat(get("/models/iris/stable").entity())
                .contains("\"version\": \"1\"")
                .contains("\"aliases\": [\n    \"stable\"\n  ]");
    }

    @Test
    void theErrorsPageIsServedWholeAndInParagraphs() {
        assertThat(get("/errors").entity()).startsWith("# Errors\n");
        assertThat(get("/errors/model-busy").entity())
                .startsWith("## model-busy\n")
                .doesNotContain("## overloaded");
        assertThat(get("/errors/model-buzy").entity()).contains("Did you mean 'model-busy'?");
    }

    @Test
    void theRootIsAPageForBrowsersAndASignOfLifeForTheRest() {
        assertThat(get("/").entity()).isEqualTo("{\"status\":\"alive\"}");
        String page = client.get("/")
                .header(HeaderNames.ACCEPT, "text/html,application/xhtml+xml")
                .request(String.class)
                .entity();
        assertThat(page).startsWith("<!doctype html>");
    }

    @Test
    void aVersionThatIsGoneFromTheRegistrySaysSo() {
        CatalogModel model = Catalogs.deleted("gone", "1"); // not into the catalog, whose pages others count

        String shown = new String(
                Json.indented(ModelJson.of(
                        model, model.versions().getFirst(), new Routes(Instant::now, () -> 0).shares(model))),
                StandardCharsets.UTF_8);

        assertThat(shown).contains("""
              "discrepancy": {
                "kind": "deleted",
                "since": "2026-10-01T00:00:00Z",
                "detail": "is gone from the registry"
              },
            """);
    }
}
