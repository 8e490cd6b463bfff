package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.s3.StoreProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of what stores honour is what the doctor finds, asked of each that can be had. */
@Tag("real-store")
class StoreTableTest {
    @TempDir
    private Path work;

    /** The one that has to be there, and the other where it is. */
    private static Stream<StoreProcess.Kind> stores() {
        return Arrays.stream(StoreProcess.Kind.values())
                .filter(kind -> kind == StoreProcess.Kind.VERSITYGW || kind.isThere());
    }

    @ParameterizedTest
    @MethodSource("stores")
    void theTableSaysWhatTheDoctorFinds(StoreProcess.Kind kind) throws Exception {
        try (StoreProcess store = StoreProcess.start(kind, work.resolve("store"))) {
            Path log = work.resolve("doctor.log");
            Process doctor = GatewayProcess.serin(
                    work,
                    log,
                    StoreProcess.environment(),
                    "doctor",
                    "-o",
                    "json",
                    "--registry",
                    "s3://" + store.newBucket() + "/prod",
                    "--set",
                    "registry.s3.endpoint=" + store.endpoint());
            assertThat(doctor.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(doctor.exitValue()).as(Files.readString(log)).isZero();
            String row = GatewayProcess.JSON.readTree(log.toFile()).get("row").asText();
            Proof.line("%s: %s".formatted(kind, row));

            Path page = Path.of(System.getProperty("serin.basedir"), "docs/registry.md");
            assertThat(Files.readAllLines(page))
                    .anySatisfy(line -> assertThat(line).startsWith("| " + kind).contains(row));
        }
    }
}
