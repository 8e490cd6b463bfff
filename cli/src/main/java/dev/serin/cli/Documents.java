package dev.serin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.inference.Signature;
import dev.serin.inference.json.SignatureJson;
import dev.serin.registry.KeyName;
import dev.serin.registry.Manifest;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.signing.Verdict;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Results as JSON: snake_case as the gateway's own, lists as arrays, sizes in bytes, times in UTC, null for what is not
 * known. Members are added, never renamed.
 */
final class Documents {
    private Documents() {}

    static ObjectNode list(String registry, RegistrySnapshot snapshot, Collection<RegisteredModel> models, Live live) {
        ObjectNode document = Json.object().put("registry", registry);
        document.put("gateway", live.gateway().map(Object::toString).orElse(null));
        ArrayNode array = document.putArray("models");
        models.forEach(model -> array.add(model(model, live)));
        ArrayNode ignored = document.putArray("ignored");
        snapshot.ignored().forEach(ignored::add);
        return document;
    }

    static ObjectNode model(RegisteredModel model, Live live) {
        ObjectNode json = Json.object().put("name", model.name().value());
        json.put(
                "newest",
                model.newest().map(version -> version.id().version().value()).orElse(null));
        json.put("primary", model.policy().primary().orElse(null));
        ArrayNode aliases = json.putArray("aliases");
        model.policy()
                .aliases()
                .forEach((alias, version) ->
                        aliases.addObject().put("alias", alias.value()).put("version", version.value()));
        json.put("policy_problem", model.policyProblem().orElse(null));
        json.put("requests_per_second", live.rate(model).orElse(null));
        ArrayNode versions = json.putArray("versions");
        Known.of(model, live).forEach(known -> versions.add(version(known)));
        return json;
    }

    private static ObjectNode version(Known known) {
        return Json.object()
                .put("version", known.name())
                .put("registered_at", known.version().createdAt().toString())
                .put("source", orNull(known.source()))
                .put("digest", known.digest().orElse(null))
                .put("size_bytes", known.sizeBytes())
                .put("memory_bytes", known.memoryBytes() == 0 ? null : known.memoryBytes())
                .put("state", orNull(known.state()))
                .put("problem", known.problem().orElse(null));
    }

    /**
     * One version whole: what the registry says, what the first gateway says that knows it, and in
     * its list of gateways the state on each that was asked.
     */
    static ObjectNode version(
            Known known,
            Optional<Signature> signature,
            Optional<Verdict> signed,
            Optional<JsonNode> gateway,
            List<Replica> replicas) {
        ObjectNode json = version(known).put("model", known.model().name().value());
        ArrayNode aliases = json.putArray("aliases");
        known.aliases().forEach(aliases::add);
        json.put("role", orNull(known.role()));
        PolicyText.add(json, known.model());
        json.set("signature", signature.map(SignatureJson::write).orElse(null));
        json.set("files", files(known.version()));
        Optional<Manifest> manifest = known.version() instanceof RegisteredVersion.Published(Manifest published)
                ? Optional.of(published)
                : Optional.empty();
        json.set("labels", manifest.flatMap(Manifest::labels).orElse(null));
        json.set("metadata", manifest.map(Manifest::metadata).orElse(null));
        json.put("signed_by", signed.orElse(null) instanceof Verdict.Signed(KeyName key) ? key.value() : null);
        json.put("signature_problem", signed.orElse(null) instanceof Verdict.Refused(String reason) ? reason : null);
        json.set("gateway", gateway.orElse(null));
        ArrayNode gateways = json.putArray("gateways");
        replicas.forEach(replica -> gateways.addObject()
                .put("server", replica.uri().toString())
                .put("state", replica.state().orElse(null)));
        return json;
    }

    /** What a publication wrote, or would, and the alias that stands for it then. */
    static ObjectNode published(Manifest manifest, boolean alreadyThere, boolean dryRun, Optional<ObjectNode> alias) {
        ObjectNode json = Json.object()
                .put("model", manifest.id().model().value())
                .put("version", manifest.id().version().value())
                .put("digest", manifest.versionDigest().hex())
                .put("registered_at", manifest.createdAt().toString())
                .put("already_there", alreadyThere)
                .put("dry_run", dryRun);
        json.set("files", files(new RegisteredVersion.Published(manifest)));
        json.set("alias", alias.orElse(null));
        return json;
    }

    private static ArrayNode files(RegisteredVersion version) {
        ArrayNode files = Json.MAPPER.createArrayNode();
        switch (version) {
            case RegisteredVersion.Published(Manifest manifest) ->
                manifest.files()
                        .forEach(file -> files.addObject()
                                .put("path", file.path().value())
                                .put("size_bytes", file.sizeBytes())
                                .put("sha256", file.sha256().hex()));
            case RegisteredVersion.HandDropped dropped ->
                dropped.files()
                        .forEach(file -> files.addObject()
                                .put(
                                        "path",
                                        file.key()
                                                .substring(
                                                        dropped.id().toString().length() + 1))
                                .put("size_bytes", file.sizeBytes())
                                .putNull("sha256"));
            case RegisteredVersion.BeingPublished _, RegisteredVersion.Unusable _ -> {}
        }
        return files;
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
