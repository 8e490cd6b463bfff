package dev.serin.serving;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import dev.serin.inference.InferenceException;
import dev.serin.inference.InvalidInputException;
import dev.serin.inference.ModelRefusedException;
import dev.serin.inference.Session;
import dev.serin.inference.Tensor;
import dev.serin.inference.json.JsonLimits;
import dev.serin.inference.json.NativeJson;
import dev.serin.registry.ArtifactPath;
import dev.serin.registry.store.StoredVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The sample requests of a version with their expected answers: {@code goldens.ndjson}. */
final class Goldens {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double ABSOLUTE_TOLERANCE = 1e-5;
    private static final double RELATIVE_TOLERANCE = 1e-4;

    private static final long MAX_BYTES = 16 << 20;
    private static final int MAX_GOLDENS = 1_000;
    private static final int SHOWN_NAME = 40;

    private final List<Golden> goldens;

    private Goldens(List<Golden> goldens) {
        this.goldens = goldens;
    }

    /** One sample. */
    private record Golden(String name, JsonNode request, JsonNode response, Tolerance tolerance) {}

    /**
     * {@return the goldens of a version; none when it brings none}
     *
     * @throws ModelRefusedException when the file is there and cannot be read
     */
    static Goldens of(StoredVersion version) {
        Path file = version.directory().resolve(ArtifactPath.GOLDENS.value());
        if (!Files.exists(file)) {
            return new Goldens(List.of());
        }
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new ModelRefusedException(
                        "goldens.ndjson has %d bytes, more than the %d allowed".formatted(Files.size(file), MAX_BYTES));
            }
            List<Golden> goldens = new ArrayList<>();
            int line = 0;
            for (String text : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                line++;
                if (!text.isBlank()) {
                    goldens.add(parse(text, line));
                }
            }
            if (goldens.size() > MAX_GOLDENS) {
                throw new ModelRefusedException("goldens.ndjson has %d goldens, more than the %d allowed"
                        .formatted(goldens.size(), MAX_GOLDENS));
            }
            return new Goldens(goldens);
        } catch (CharacterCodingException e) {
            throw new ModelRefusedException("goldens.ndjson is not UTF-8", e);
        } catch (IOException e) {
            throw new UncheckedIOException("Failed to read " + file, e);
        }
    }

    private static Golden parse(String text, int line) {
        try {
            JsonNode node = JSON.readTree(text);
            if (!node.path("request").isContainerNode()
                    || !node.path("response").isContainerNode()) {
                throw new ModelRefusedException(
                        "goldens.ndjson line %d has no object 'request' and 'response'".formatted(line));
            }
            return new Golden(
                    cut(node.path("name").asText("line " + line)),
                    node.get("request"),
                    node.get("response"),
                    new Tolerance(
                            node.path("absolute-tolerance").asDouble(ABSOLUTE_TOLERANCE),
                            node.path("relative-tolerance").asDouble(RELATIVE_TOLERANCE)));
        } catch (JsonProcessingException e) {
            throw new ModelRefusedException("goldens.ndjson line %d is not JSON".formatted(line), e);
        }
    }

    private static String cut(String name) {
        return name.length() <= SHOWN_NAME ? name : name.substring(0, SHOWN_NAME) + "…";
    }

    /** {@return the request of the first golden} */
    Optional<String> firstRequest() {
        return goldens.stream().findFirst().map(golden -> golden.request().toString());
    }

    /**
     * Asks every golden.
     *
     * @return how many there are; all agreed
     * @throws ModelRefusedException naming the first that does not agree, and how many did
     */
    int check(Session session, Deadline deadline) {
        for (int i = 0; i < goldens.size(); i++) {
            Golden golden = goldens.get(i);
            Optional<String> difference = difference(golden, session, deadline);
            if (difference.isPresent()) {
                throw new ModelRefusedException("golden '%s' does not agree: %s (%d of %d agreed before it)"
                        .formatted(golden.name(), difference.get(), i, goldens.size()));
            }
        }
        return goldens.size();
    }

    private static Optional<String> difference(Golden golden, Session session, Deadline deadline) {
        try {
            return golden.tolerance().difference(golden.response(), ask(golden, session, deadline));
        } catch (DeadlineExceededException e) {
            throw e;
        } catch (InvalidInputException e) {
            return Optional.of("its request does not fit the model: " + e.getMessage());
        } catch (InferenceException e) {
            return Optional.of("the model fails on it");
        } catch (IOException e) {
            throw new UncheckedIOException("Failed to encode the golden " + golden.name(), e);
        }
    }

    private static JsonNode ask(Golden golden, Session session, Deadline deadline) throws IOException {
        byte[] body = JSON.writeValueAsBytes(golden.request());
        NativeJson.Request request = NativeJson.read(body, body.length, session.signature(), JsonLimits.DEFAULT);
        try {
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            NativeJson.write(request, session.signature(), session.run(request.inputs(), deadline), answer);
            return JSON.readTree(answer.toByteArray());
        } finally {
            request.inputs().forEach(Tensor::close);
        }
    }
}
