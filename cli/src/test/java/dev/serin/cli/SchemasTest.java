package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code docs/schemas}; that the documents of commands fit them, every test finds that runs one. */
class SchemasTest {
    @TempDir
    private Path directory;

    @Test
    void everyDocumentHasASchemaThatThePageLinksAndThereIsNoOther() throws IOException {
        var nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        var shell = new Shell(
                nowhere,
                nowhere,
                new ByteArrayInputStream(new byte[0]),
                directory,
                directory,
                Map.of(),
                false,
                "ana",
                InstantSource.system());
        Set<String> documents = new TreeSet<>(Set.of("list-failed"));
        leaves(Serin.commandLine(shell))
                .map(command -> Schemas.nameOf(command.getCommandSpec()))
                .flatMap(Optional::stream)
                .forEach(documents::add);
        String page = Files.readString(Schemas.DIRECTORY.resolveSibling("cli.md"));

        assertThat(documents).contains("change", "canary-watch").allSatisfy(name -> {
            assertThat(Schemas.read()).containsKey(name + ".json");
            assertThat(page).contains("| [%s](schemas/%s.json) | ".formatted(name, name));
        });
        assertThat(Schemas.read()).hasSize(documents.size() + 1); // and common.json
    }

    private static Stream<CommandLine> leaves(CommandLine command) {
        return command.getSubcommands().isEmpty()
                ? Stream.of(command)
                : command.getSubcommands().values().stream().flatMap(SchemasTest::leaves);
    }

    @Test
    void everySchemaIsOne() {
        Schema schemaOfSchemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));

        Schemas.read().forEach((name, schema) -> {
            assertThat(schemaOfSchemas.validate(schema)).as(name).isEmpty();
            assertThat(schema.path("$schema").asText()).isEqualTo("https://json-schema.org/draft/2020-12/schema");
            assertThat(schema.path("$comment").asText()).as(name).startsWith("Members are added, never renamed");
        });
    }

    @Test
    void aMemberTooManyOneTooFewAndOneOfAnotherTypeAreFaultsHoweverDeep() throws IOException {
        String version = "/models/0/versions/0";

        assertThat(faults(version, _ -> {})).isEmpty();
        assertThat(faults("", list -> list.put("more", 1))).contains("more");
        assertThat(faults(version, one -> one.put("more", 1))).contains("more");
        assertThat(faults(version, one -> one.remove("state"))).contains("state");
        assertThat(faults(version, one -> one.put("size_bytes", "many"))).contains("size_bytes");
        assertThat(faults(version, one -> one.put("registered_at", "yesterday")))
                .contains("registered_at");
    }

    private static String faults(String pointer, Consumer<ObjectNode> change) throws IOException {
        JsonNode list = Json.MAPPER.readTree("""
            {"registry": "models", "gateway": null, "ignored": [], "models": [
              {"name": "penguins", "newest": "1", "primary": null, "aliases": [], "policy_problem": null,
               "requests_per_second": 0.4, "versions": [
                {"version": "1", "registered_at": "2026-11-22T10:00:00Z", "source": "files", "digest": null,
                 "size_bytes": 8573, "memory_bytes": null, "state": null, "problem": null}]}]}
            """);
        change.accept((ObjectNode) list.at(pointer));
        return String.join("\n", Schemas.faults("list", list));
    }
}
