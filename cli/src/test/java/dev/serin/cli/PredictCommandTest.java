package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.cli.InProcess.Ran;
import dev.serin.inference.testing.TestModels;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictCommandTest {
    private static final String BODY = "{\"instances\":[[5.1,3.5,1.4,0.2]]}";
    private static final Map<String, String> SERVED = Map.of(
            "Serin-Model", "iris",
            "Serin-Version", "2",
            "Serin-Route", "newest",
            "Server-Timing", "read;dur=0.2, load;desc=\"cold, 812 ms\";dur=812, queue;dur=0.0, run;dur=0.3",
            "X-Request-Id", "7f3a0c");

    @TempDir
    private Path directory;

    private InProcess serin;

    @BeforeEach
    void sample() {
        serin = new InProcess(directory).withSample("iris", "2").file("body.json", BODY);
    }

    @Test
    void answerGoesToStdoutAndWhatServedItToStderr() {
        try (var gateway = new FakeGateway().on("/models/iris/predict", 200, SERVED, "{\"predictions\":[0]}\n")) {
            Ran ran = serin.run("predict", "iris", "body.json", "--server", gateway.url());

            assertThat(ran.out()).isEqualTo("{\"predictions\":[0]}\n");
            assertThat(ran.err())
                    .isEqualTo(
                            "iris/2 (newest) · 812.5 ms: read 0.2, load 812.0, queue 0.0, run 0.3 · request 7f3a0c\n");
            assertThat(ran.status()).isZero();
            assertThat(gateway.received()).isEqualTo(BODY);
        }
    }

    @Test
    void bodyMayComeFromStdin() {
        try (var gateway = new FakeGateway().on("/models/iris/2/predict", 200, SERVED, "{}")) {
            Ran ran = serin.stdin(BODY).run("predict", "iris/2", "-", "--server", gateway.url() + "/");

            assertThat(ran.status()).isZero();
            assertThat(gateway.received()).isEqualTo(BODY);
        }
    }

    @Test
    void documentHasTheAnswerAndWhatServedIt() {
        try (var gateway = new FakeGateway().on("/models/iris/predict", 200, SERVED, "{\"predictions\":[0]}")) {
            Ran ran = serin.run("-o", "json", "predict", "iris", "body.json", "--server", gateway.url());

            assertThat(ran.out())
                    .contains("\"version\" : \"2\"")
                    .contains("\"route\" : \"newest\"")
                    .contains("\"predictions\" : [ 0 ]");
            assertThat(ran.err()).isEmpty();
        }
    }

    @Test
    void refusalIsToldWithEveryFault() {
        try (var gateway = new FakeGateway().on("/models/iris/predict", 422, Map.of(), """
            {"code":"invalid-input","status":422,"detail":"2 of 2 instances are wrong.","errors":[
              {"pointer":"#/instances/0","rule":"shape","detail":"has 3 values, takes 4"},
              {"pointer":"#/instances/1","rule":"type","detail":"is a string, takes a number"}]}\
            """)) {
            Ran ran = serin.run("predict", "iris", "body.json", "--server", gateway.url());

            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.out()).isEmpty();
            assertThat(ran.err()).isEqualTo("""
                serin: 2 of 2 instances are wrong.
                  #/instances/0  has 3 values, takes 4
                  #/instances/1  is a string, takes a number

                hint: serin predict iris --example
                """);
        }
    }

    @Test
    void modelThatTheGatewayDoesNotHaveIsNotFound() {
        try (var gateway = new FakeGateway()
                .on(
                        "/models/irsi/predict",
                        404,
                        Map.of(),
                        "{\"code\":\"model-not-found\",\"detail\":\"No model 'irsi'. Did you mean 'iris'?\"}")) {
            Ran ran = serin.run("predict", "irsi", "body.json", "--server", gateway.url());

            assertThat(ran.status()).isEqualTo(3);
            assertThat(ran.err()).isEqualTo("serin: No model 'irsi'. Did you mean 'iris'?\n\nhint: serin list\n");
        }
    }

    @Test
    void silentGatewayIsUnreachable() {
        Ran ran = serin.run("predict", "iris", "body.json");

        assertThat(ran.status()).isEqualTo(7);
        assertThat(ran.err()).isEqualTo("""
            serin: the gateway at http://127.0.0.1:1 does not answer: connection refused

            hint: serin serve
            """);
    }

    @Test
    void otherServerIsNoGateway() {
        try (var other = new FakeGateway().on("/models/iris/predict", 405, Map.of(), "<html>")) {
            Ran ran = serin.run("predict", "iris", "body.json", "--server", other.url());

            assertThat(ran.status()).isEqualTo(7);
            assertThat(ran.err()).contains("is no Serin gateway: it answered with status 405");
        }
    }

    @Test
    void addressThatIsNoneIsAUsageFault() {
        assertThat(serin.run("predict", "iris", "body.json", "--server", "localhost:8080")
                        .status())
                .isEqualTo(2);
    }

    @Test
    void bodyMustBeGiven() {
        Ran ran = serin.run("predict", "iris");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err()).isEqualTo("""
            serin: 'serin predict' needs a body: a FILE, or - for stdin

            hint: serin predict iris --example | serin predict iris -
            """);
    }

    @Test
    void exampleIsTheFirstGolden() {
        Ran ran = serin.run("predict", "iris", "--example");

        assertThat(ran.out()).isEqualTo("{\"instances\":[[5.1,3.4,1.5,0.2]]}\n");
        assertThat(ran.err()).isEmpty();
    }

    @Test
    void exampleIsMadeUpWhereThereAreNoGoldens() {
        serin.file("models/small/1/model.onnx", TestModels.classifier());

        assertThat(serin.run("predict", "small", "--example").out()).isEqualTo("{\"instances\":[[0.0,0.0,0.0,0.0]]}\n");
    }

    @Test
    void exampleOfAModelThatOnlyTheGatewayHasIsMadeUpFromWhatItSays() {
        try (var gateway = new FakeGateway()
                .on("/models/far", "{\"name\":\"far\",\"newest\":\"3\",\"traffic\":{}}")
                .on("/models/far/3", """
                    {"state":"ready","signature":{
                      "inputs":[{"name":"x","datatype":"INT64","shape":["batch",2]}],
                      "outputs":[{"name":"y","datatype":"INT64","shape":["batch",2]}]}}\
                    """)) {
            assertThat(serin.run("predict", "far", "--example", "--server", gateway.url())
                            .out())
                    .isEqualTo("{\"instances\":[[0,0]]}\n");
        }
    }

    @Test
    void exampleOfAModelThatNobodyHasIsNotFound() {
        assertThat(serin.run("predict", "irsi", "--example").status()).isEqualTo(3);
    }
}
