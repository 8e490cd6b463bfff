package dev.serin.registry.policy;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.serin.registry.AliasName;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelPolicy.OnBreach;
import dev.serin.registry.ModelPolicy.OnSuccess;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.policy.PolicyChange.Ramp;
import dev.serin.registry.policy.PolicyChange.SetAlias;
import dev.serin.registry.policy.PolicyChange.StartCanary;
import dev.serin.registry.policy.PolicyWriter.Author;
import dev.serin.registry.policy.PolicyWriter.Changed;
import dev.serin.registry.policy.PolicyWriter.Draft;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The policy of one model in memory, with a clock that is moved by hand. */
final class PolicyFile {
    static final ModelName FRAUD = new ModelName("fraud");
    static final Instant TEN = Instant.parse("2026-11-22T10:00:00Z");
    static final Guard GUARD = new Guard(
            Duration.ofMinutes(5),
            200,
            Optional.of(0.01),
            Optional.of(1.5),
            Optional.empty(),
            OnBreach.ABORT,
            OnSuccess.PROMOTE);

    private Instant now = TEN;
    private final InMemoryRegistry registry = new InMemoryRegistry(() -> now);
    private final PolicyWriter writer = new PolicyWriter(registry, () -> now);

    static PolicyFile of(String json) {
        PolicyFile file = new PolicyFile();
        file.put(json);
        return file;
    }

    void put(String json) {
        registry.put("fraud/model.json", json);
    }

    InMemoryRegistry registry() {
        return registry;
    }

    PolicyWriter writer() {
        return writer;
    }

    Instant now() {
        return now;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    Draft draft(String by, PolicyChange change) {
        return writer.draft(FRAUD, change, new Author(by, Optional.empty()));
    }

    Changed make(PolicyChange change) {
        return draft("ana", change).commit();
    }

    String text() {
        return new String(
                registry.read("fraud/model.json", ModelPolicies.MAX_BYTES)
                        .orElseThrow()
                        .bytes(),
                UTF_8);
    }

    ModelPolicy policy() {
        return ModelPolicies.parse(FRAUD, text().getBytes(UTF_8));
    }

    JsonNode tree() {
        try {
            return new ObjectMapper().readTree(text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return a part of the file, on one line and without blanks} */
    String at(String pointer) {
        return tree().at(pointer).toString();
    }

    static ModelVersion version(String value) {
        return new ModelVersion(value);
    }

    static SetAlias alias(String name, String version) {
        return new SetAlias(new AliasName(name), version(version));
    }

    static StartCanary canary(String id, String version, double weight) {
        return new StartCanary(
                id, version(version), new Ramp.Weight(weight), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** A canary whose guard is for disagreement alone. */
    static StartCanary disagreeing(String id, String version) {
        Guard guard = new Guard(
                Duration.ofMinutes(5),
                200,
                Optional.empty(),
                Optional.empty(),
                Optional.of(0.02),
                OnBreach.ABORT,
                OnSuccess.PROMOTE);
        return new StartCanary(
                id, version(version), new Ramp.Weight(5), Optional.empty(), Optional.of(guard), Optional.empty());
    }

    static StartCanary steps(String id, String version, Double... weights) {
        return new StartCanary(
                id,
                version(version),
                new Ramp.Steps(List.of(weights), Duration.ofMinutes(10)),
                Optional.empty(),
                Optional.of(GUARD),
                Optional.empty());
    }
}
