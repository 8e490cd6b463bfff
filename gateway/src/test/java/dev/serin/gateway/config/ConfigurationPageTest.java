package dev.serin.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.GatewayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/configuration.md against application.yaml and the code that reads it. */
class ConfigurationPageTest {
    private static final Path ROOT = Path.of(System.getProperty("serin.basedir"));

    private final Settings settings =
            Settings.load(new Sources(Path.of("/"), Path.of("/"), Optional.empty(), Map.of("HOME", "/"), List.of()));

    @Test
    void everyKeyIsReadAndEveryKeyHasAMeaning() {
        GatewayConfig.from(settings, Machine.here());

        assertThat(settings.types())
                .hasSizeGreaterThan(20)
                .containsOnlyKeys(
                        settings.keys().all().stream().map(KnownKey::name).toList());
        assertThat(settings.keys().all())
                .allSatisfy(key -> assertThat(key.meaning()).as(key.name()).endsWith("."));
    }

    @Test
    void pageListsEveryKeyAsItIs() throws IOException {
        GatewayConfig.from(settings, Machine.here());

        String table = settings.keys().all().stream().map(this::row).collect(Collectors.joining());

        assertThat(Files.readString(ROOT.resolve("docs/configuration.md")))
                .as("put this table into docs/configuration.md:\n%s", table)
                .contains("| Key | Default | Takes | Environment | Meaning |\n| --- | --- | --- | --- | --- |\n" + table
                        + "\n");
    }

    private String row(KnownKey key) {
        return "| `%s` | %s | %s | `%s` | %s |\n"
                .formatted(
                        key.name(),
                        key.defaultText().isEmpty() ? "nothing" : "`" + key.defaultText() + "`",
                        settings.types().get(key.name()),
                        key.environmentName(),
                        key.meaning());
    }
}
