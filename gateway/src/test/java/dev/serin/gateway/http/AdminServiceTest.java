package dev.serin.gateway.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.serin.gateway.http.HttpConfig.Management;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistryException;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyWriter;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webclient.api.ClientResponseTyped;
import io.helidon.webclient.http1.Http1Client;
import io.helidon.webclient.http1.Http1ClientRequest;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.testing.junit5.ServerTest;
import io.helidon.webserver.testing.junit5.SetUpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ServerTest
class AdminServiceTest {
    private static final String TOKEN = "0123456789abcdef";
    private static final Header BEARER = HeaderValues.create(HeaderNames.AUTHORIZATION, "Bearer " + TOKEN);
    private static final String CHANGES = "/admin/models/iris/changes";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path directory = Path.of("");

    private static TestEdge edge = new TestEdge();

    private final Http1Client client;

    AdminServiceTest(Http1Client client) {
        this.client = client;
    }

    @SetUpServer
    static void server(WebServerConfig.Builder server) {
        edge = new TestEdge(new Management(
                "127.0.0.1",
                0,
                Optional.of(new ManagementToken(directory.resolve("token"))),
                Set.of("serin.example", "my_gateway", "")));
        edge.management(server);
    }

    @BeforeEach
    void tokenAndPolicy() throws IOException {
        Files.writeString(directory.resolve("token"), TOKEN + "\n");
        edge.registry.put("iris/model.json", "{\"traffic\": {\"primary\": \"1\"}}");
    }

    private ClientResponseTyped<String> post(String body, Header... headers) {
        return post(CHANGES, body, headers);
    }

    private ClientResponseTyped<String> post(String path, String body, Header... headers) {
        Http1ClientRequest request = client.post(path).header(Exchange.JSON);
        Stream.of(headers).forEach(request::header);
        return request.submit(body.replace('\'', '"'), String.class);
    }

    private ClientResponseTyped<String> change(String body) {
        return post(body, BEARER);
    }

    private static JsonNode json(ClientResponseTyped<String> response) {
        try {
            return JSON.readTree(response.entity());
        } catch (IOException e) {
            throw new AssertionError(response.entity(), e);
        }
    }

    private static ModelPolicy policy() {
        return ModelPolicies.parse(
                new ModelName("iris"),
                edge.registry
                        .read("iris/model.json", ModelPolicies.MAX_BYTES)
                        .orElseThrow()
                        .bytes());
    }

    private static String text() {
        return new String(
                edge.registry
                        .read("iris/model.json", ModelPolicies.MAX_BYTES)
                        .orElseThrow()
                        .bytes(),
                UTF_8);
    }

    private void assertRefused(ClientResponseTyped<String> response, int status, String code, String detail) {
        assertThat(response.status().code()).as(response.entity()).isEqualTo(status);
        assertThat(response.headers().first(HeaderNames.create("Serin-Error"))).hasValue(code);
        assertThat(json(response).path("detail").asText()).contains(detail);
        assertThat(policy().history()).isEmpty();
    }

    @Test
    void aChangeIsWrittenWithItsAuthorAndItsReason() {
        ClientResponseTyped<String> response =
                change("{'change': 'set-alias', 'alias': 'champion', 'version': '2', 'by': 'ana', 'reason': 'better'}");

        assertThat(response.status().code()).isEqualTo(200);
        assertThat(json(response).path("changed").asBoolean()).isTrue();
        assertThat(json(response).path("command").asText()).isEqualTo("alias set iris/2 champion");
        assertThat(policy().alias("champion")).hasValue(new ModelVersion("2"));
        assertThat(policy().history().getLast().by()).isEqualTo("ana");
        assertThat(policy().history().getLast().reason()).hasValue("better");
    }

    @Test
    void everyStepOfACanaryCanBeAskedFor() {
        ClientResponseTyped<String> started = change("{'change': 'start-canary', 'version': '2', 'steps': [5, 25],"
                + " 'every': '10m', 'sticky_header': 'X-User-Id',"
                + " 'guard': {'max_error_rate': 0.01, 'min_requests': 50, 'window': '1m', 'on_breach': 'hold'}}");
        String id = json(started).at("/canary/id").asText();
        assertThat(json(started).path("command").asText())
                .isEqualTo(
                        "canary start iris/2 --steps 5,25 --every 10m --guard error-rate=1%,min-requests=50,window=1m"
                                + " --on-breach hold --on-success promote --sticky-header X-User-Id");

        assertThat(json(change("{'change': 'pause-canary', 'id': '%s'}".formatted(id)))
                        .path("to")
                        .asText())
                .isEqualTo("canary 2 5 %, paused");
        change("{'change': 'resume-canary', 'id': '%s'}".formatted(id));
        change("{'change': 'promote-canary', 'id': '%s'}".formatted(id));
        assertThat(policy().primaryVersion()).hasValue(new ModelVersion("2"));
        change("{'change': 'abort-canary', 'id': '%s'}".formatted(id));
        assertThat(policy().primaryVersion()).hasValue(new ModelVersion("1"));
        change("{'change': 'undo', 'seen': '%s'}".formatted(latest()));
        assertThat(policy().primaryVersion()).hasValue(new ModelVersion("2"));
    }

    private static String latest() {
        return policy().history().getLast().at().toString();
    }

    @Test
    void withoutAnIdTheCanaryIsMeantThatTheRegistryHoldsNow() {
        edge.registry.put("iris/model.json", """
            {"traffic": {"primary": "1", "promoted":
              {"id": "old", "version": "1", "from": "2", "at": "2026-11-22T14:00:00Z", "by": "ana"}}}
            """);
        change("{'change': 'start-canary', 'version': '2', 'weight': 5}"); // which this gateway has not read yet

        change("{'change': 'abort-canary'}");

        assertThat(policy().primaryVersion()).hasValue(new ModelVersion("1"));
        assertThat(policy().canary().orElseThrow().aborted()).isPresent();
    }

    @Test
    void withoutACanaryAPromotionIsTakenBackForADay() {
        String promoted =
                "{\"traffic\": {\"primary\": \"1\", \"promoted\": {\"id\": \"old\", \"version\": \"1\", \"from\":"
                        + " \"2\", \"at\": \"%s\", \"by\": \"ana\"}}}";
        edge.registry.put("iris/model.json", promoted.formatted("2026-11-21T14:00:00Z"));
        assertRefused(change("{'change': 'abort-canary'}"), 404, "not-found", "Model 'iris' has no canary.");

        edge.registry.put("iris/model.json", promoted.formatted("2026-11-21T15:00:00Z"));
        change("{'change': 'abort-canary'}");
        assertThat(policy().primaryVersion()).hasValue(new ModelVersion("2"));
    }

    @Test
    void theOtherSideOfACanaryIsTheNewestThatCanServe() {
        edge.registry.put("iris/model.json", "{}"); // 3 is the newest, and failed

        change("{'change': 'start-canary', 'version': '2', 'weight': 5}");

        assertThat(policy().primaryVersion()).hasValue(new ModelVersion("1"));
    }

    @Test
    void aNameThatIsAVersionIsNoAlias() {
        edge.catalog.put(TestEdge.named("v2"));

        ClientResponseTyped<String> response =
                post("/admin/models/named/changes", "{'change': 'set-alias', 'alias': 'v2', 'version': 'v2'}", BEARER);

        assertThat(response.status().code()).isEqualTo(409);
        assertThat(json(response).path("detail").asText())
                .isEqualTo("'v2' is a version of 'named'; take another name.");
    }

    @Test
    void shadowsAliasesAndRetirementsCanBeAskedFor() {
        change("{'change': 'start-shadow', 'version': '2', 'percent': 20}");
        assertThat(policy().shadow()).hasValue(new ModelPolicy.Shadow(new ModelVersion("2"), 20));
        change("{'change': 'stop-shadow'}");
        change("{'change': 'set-alias', 'alias': 'old', 'version': '3'}");
        change("{'change': 'remove-alias', 'alias': 'old'}");
        change("{'change': 'retire', 'version': '3', 'sunset': '2026-12-31T00:00:00Z', 'reason': 'biased'}");

        assertThat(policy().shadow()).isEmpty();
        assertThat(policy().aliases()).isEmpty();
        assertThat(policy().retired())
                .containsEntry(
                        new ModelVersion("3"),
                        new ModelPolicy.Retirement(
                                TestEdge.NOW,
                                Optional.of(Instant.parse("2026-12-31T00:00:00Z")),
                                Optional.of("biased")));
        assertThat(policy().history()).hasSize(5);
    }

    @Test
    void aDryRunTellsAndWritesNothing() {
        String before = text();

        ClientResponseTyped<String> response =
                change("{'change': 'start-shadow', 'version': '2', 'percent': 20, 'dry_run': true}");

        assertThat(json(response).at("/shadow/version").asText()).isEqualTo("2");
        assertThat(json(response).path("changed").asBoolean()).isFalse();
        assertThat(text()).isEqualTo(before);
    }

    @Test
    void whoLooksAtWhatIsNoMoreIsToldWhoChangedIt() {
        change("{'change': 'start-canary', 'version': '2', 'weight': 5}");
        String seen = policy().history().getLast().at().minusSeconds(60).toString();
        new PolicyWriter(edge.registry, () -> TestEdge.NOW.minusSeconds(12))
                .draft(
                        new ModelName("iris"),
                        new PolicyChange.AbortCanary(
                                policy().canary().orElseThrow().id(), Optional.empty()),
                        new PolicyWriter.Author("ben", Optional.empty()))
                .commit();
        String before = text();

        ClientResponseTyped<String> response =
                change("{'change': 'start-canary', 'version': '2', 'weight': 10," + " 'seen': '%s'}".formatted(seen));

        assertThat(response.status().code()).isEqualTo(409);
        assertThat(json(response).path("code").asText()).isEqualTo("conflict");
        assertThat(json(response).path("detail").asText())
                .isEqualTo("The traffic of 'iris' was changed 12 s ago by ben: canary 2 from 5 % to 0 %, aborted."
                        + " Look again, then repeat.");
        assertThat(text()).isEqualTo(before);
    }

    @Test
    void whatStandsAgainstAChangeIsAConflict() {
        assertRefused(
                change("{'change': 'start-canary', 'version': '1', 'weight': 5}"), 409, "conflict", "1 is the primary");
        assertRefused(change("{'change': 'stop-shadow'}"), 404, "not-found", "'iris' has no shadow.");
        assertRefused(change("{'change': 'promote-canary'}"), 404, "not-found", "Model 'iris' has no canary.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                {                                                              | 400 | invalid-body      | The change cannot be read as JSON: line 1
                []                                                             | 400 | invalid-body      | The change must hold a JSON object
                {}                                                             | 422 | invalid-input     | The change: change is missing.
                {"change": "start-canery"}                                     | 422 | invalid-input     | Did you mean 'start-canary'?
                {"change": "undo"}                                             | 422 | invalid-input     | seen tells its time
                {"change": "stop-shadow", "model": "iris"}                     | 422 | invalid-input     | no member 'model'
                {"change": "stop-shadow", "by": "a\\u001b"}                           | 422 | invalid-input     | by takes the name
                {"change": "set-alias", "alias": "Champion", "version": "2"}   | 422 | invalid-input     | alias
                {"change": "set-alias", "alias": "champion", "version": "9"}   | 404 | version-not-found | has no version '9'
                {"change": "start-canary", "version": "2"}                     | 422 | invalid-input     | takes weight, or steps and every
                {"change": "start-canary", "version": "2", "weight": 0}        | 422 | invalid-input     | above 0
                {"change": "start-canary", "version": "2", "weight": 5, "guard": {}} | 422 | invalid-input | this limits none
        {"change": "start-canary", "version": "2", "weight": 5, "guard": {"max_latency_ratio": 0, "max_error_rate": 0.1}} | 422 | invalid-input | it takes a number above 0
                {"change": "start-shadow", "version": "2", "percent": 101}     | 422 | invalid-input     | from 0 to 100
                {"change": "retire", "version": "2", "sunset": "tomorrow"}     | 422 | invalid-input     | sunset must be a time
        """)
    void whatIsNoChangeIsToldWhatWouldBeOne(String body, int status, String code, String detail) {
        assertRefused(change(body), status, code, detail);
    }

    @Test
    void aRegistryThatDoesNotAnswerIsToldWithoutItsAddress() throws InterruptedException {
        edge.hidden.clear();
        edge.registry.failWith((_, _) -> {
            throw new RegistryException("connect to 10.1.2.3 timed out");
        });
        try {
            ClientResponseTyped<String> response = change("{'change': 'start-shadow', 'version': '2', 'percent': 20}");

            assertThat(response.status().code()).isEqualTo(503);
            assertThat(json(response).path("code").asText()).isEqualTo("registry-unavailable");
            assertThat(response.entity()).doesNotContain("10.1.2.3");
            assertThat(edge.hidden.take().cause()).hasMessageContaining("10.1.2.3");
        } finally {
            edge.registry.failWith((_, _) -> {});
        }
    }

    @Test
    void withoutATokenNothingIsChanged() {
        String undo = "{'change': 'undo'}";
        ClientResponseTyped<String> none = post(undo);
        assertRefused(none, 401, "unauthenticated", "A change needs a token: Authorization: Bearer");
        assertThat(none.headers().first(HeaderNames.WWW_AUTHENTICATE)).hasValue("Bearer");
        assertRefused(
                post(undo, HeaderValues.create(HeaderNames.AUTHORIZATION, "Bearer 0123456789abcdeg")),
                401,
                "unauthenticated",
                "not the one in this gateway's management.token-file");
        assertRefused(
                post(undo, HeaderValues.create(HeaderNames.AUTHORIZATION, "Basic " + TOKEN)),
                401,
                "unauthenticated",
                "A change needs a token");
    }

    @Test
    void anotherTokenInTheFileIsTheTokenFromThenOn() throws IOException {
        Files.writeString(directory.resolve("token"), "fedcba9876543210");

        assertRefused(change("{'change': 'undo'}"), 401, "unauthenticated", "not the one");
        assertThat(post(
                                "{'change': 'start-shadow', 'version': '2', 'percent': 20}",
                                HeaderValues.create(HeaderNames.AUTHORIZATION, "bearer fedcba9876543210"))
                        .status()
                        .code())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "short", "0123456789abcdef with blanks"})
    void aFileThatHoldsNoTokenLetsNobodyIn(String content) throws IOException {
        Files.writeString(directory.resolve("token"), content);

        assertRefused(change("{'change': 'undo'}"), 403, "forbidden", "takes no changes over HTTP now");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost:9090", "127.0.0.1", "[::1]:9090", "[0:0::1]", "serin.example", "my_gateway:9090"})
    void aNameOfThisGatewayMayBeUsed(String host) {
        assertThat(get(HeaderValues.create(HeaderNames.HOST, host)).status().code())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rebound.example",
                "127.0.0.1.rebound.example",
                "localhost.rebound.example:9090",
                "10.9.9.9",
                "a_b.example"
            })
    void aNameThatWasMadeToLeadHereMayNot(String host) {
        assertRefused(get(HeaderValues.create(HeaderNames.HOST, host)), 403, "forbidden", "management.hosts");
    }

    @Test
    void aPageOfAnotherSiteMayNot() {
        Header host = HeaderValues.create(HeaderNames.HOST, "localhost:9090");
        assertRefused(
                get(host, HeaderValues.create(HeaderNames.ORIGIN, "http://elsewhere.example")),
                403,
                "forbidden",
                "'http://elsewhere.example'");
        assertRefused(get(host, HeaderValues.create(HeaderNames.ORIGIN, "null")), 403, "forbidden", "'null'");
        assertThat(get(host, HeaderValues.create(HeaderNames.ORIGIN, "http://localhost:9090"))
                        .status()
                        .code())
                .isEqualTo(200);
    }

    private ClientResponseTyped<String> get(Header... headers) {
        Http1ClientRequest request = client.get(CHANGES);
        Stream.of(headers).forEach(request::header);
        return request.request(String.class);
    }

    @Test
    void otherMethodsAreToldWhichOnesThereAre() {
        ClientResponseTyped<String> response = client.put(CHANGES).request(String.class);

        assertThat(response.status().code()).isEqualTo(405);
        assertThat(response.headers().first(HeaderNames.ALLOW)).hasValue("GET, POST");
    }
}
