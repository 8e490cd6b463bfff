package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import dev.serin.cli.InProcess.Ran;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * {@code docs/schemas}, and the documents of commands held to them. Readers are to take members that they do not know, so the
 * schemas do; here a member that a schema does not name is a fault, so that neither goes without the other. Thread-safe.
 */
final class Schemas {
    static final Path DIRECTORY = Path.of(System.getProperty("serin.basedir"), "docs", "schemas");

    /** Where they refer from; nothing is ever asked for there. */
    private static final String BASE = "https://schemas.invalid/";

    private static final SchemaRegistry CLOSED = registry(read());

    private Schemas() {}

    /** {@return the documents there are, and what they share, by the names of their files} */
    static Map<String, JsonNode> read() {
        Map<String, JsonNode> all = new TreeMap<>();
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            for (Path file : files.toList()) {
                all.put(file.getFileName().toString(), Json.MAPPER.readTree(Files.readAllBytes(file)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    private static SchemaRegistry registry(Map<String, JsonNode> schemas) {
        Map<String, String> texts = new TreeMap<>();
        schemas.forEach((name, schema) -> {
            close(schema);
            texts.put(BASE + name, schema.toString());
        });
        return SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12,
                builder -> builder.schemas(texts)
                        .schemaRegistryConfig(SchemaRegistryConfig.builder()
                                .formatAssertionsEnabled(true)
                                .build()));
    }

    /** Refuses members that are not named, of this value and of all below it. */
    private static void close(JsonNode schema) {
        if (schema instanceof ObjectNode object) {
            closeBelow(object);
            if (!object.has("additionalProperties")) {
                object.put("unevaluatedProperties", false);
            }
        }
    }

    private static void closeBelow(JsonNode schema) {
        schema.path("properties").forEach(Schemas::close);
        close(schema.path("items"));
        close(schema.path("additionalProperties"));
        schema.path("$defs").forEach(Schemas::closeBelow); // used beside members of their users, who close them
    }

    /** {@return what is wrong with a document, in sentences} */
    static List<String> faults(String name, JsonNode document) {
        Schema schema = CLOSED.getSchema(SchemaLocation.of(BASE + name + ".json"));
        return schema.validate(document).stream().map(Error::toString).toList();
    }

    /** {@return the name of the schema of what a command prints; empty for those that print no documents} */
    static Optional<String> nameOf(CommandSpec command) {
        if (List.of("serin serve", "serin help").contains(command.qualifiedName())) {
            return Optional.empty(); // their text is no result
        }
        boolean changes =
                command.mixins().values().stream().anyMatch(mixin -> mixin.userObject() instanceof ChangeOptions);
        return Optional.of(changes ? "change" : command.qualifiedName("-").substring("serin-".length()));
    }

    /** Holds what a command has printed to the schema, if it was asked for a document and did not fail before. */
    static void check(CommandLine top, Ran ran, String... arguments) {
        boolean failed = ran.out().isEmpty() && ran.status() != 0;
        if (!failed) {
            wanted(top, arguments)
                    .ifPresent(name -> assertThat(faults(name, document(ran)))
                            .as("faults of the document of %s by docs/schemas/%s.json", List.of(arguments), name)
                            .isEmpty());
        }
    }

    private static JsonNode document(Ran ran) {
        try {
            return Json.MAPPER
                    .reader(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .readTree(ran.out());
        } catch (JsonProcessingException e) {
            throw new AssertionError("not one document: " + ran.out(), e);
        }
    }

    /** {@return the name of the schema of what must have been printed} */
    private static Optional<String> wanted(CommandLine top, String... arguments) {
        if (Stream.of(arguments).noneMatch(argument -> argument.contains("json"))) {
            return Optional.empty(); // most runs; parsing takes its time
        }
        List<ParseResult> levels = levels(top, arguments);
        boolean json = levels.stream()
                .anyMatch(level -> level.matchedOptionValue("-o", Globals.Format.text) == Globals.Format.json);
        boolean help =
                levels.stream().anyMatch(level -> level.isUsageHelpRequested() || level.isVersionHelpRequested());
        if (!json || help) {
            return Optional.empty();
        }
        ParseResult command = levels.getLast();
        if (command.matchedOptionValue("--example", false)) {
            return Optional.empty();
        }
        return nameOf(command.commandSpec())
                .map(name -> command.matchedOptionValue("--failed", false) ? name + "-failed" : name);
    }

    /** {@return a command and those above it, from the top; none of a line that is wrong} */
    private static List<ParseResult> levels(CommandLine top, String... arguments) {
        List<ParseResult> levels = new ArrayList<>();
        try {
            for (ParseResult level = top.parseArgs(arguments); level != null; level = level.subcommand()) {
                levels.add(level);
            }
        } catch (ParameterException _) {
            levels.clear();
        }
        return levels;
    }
}
