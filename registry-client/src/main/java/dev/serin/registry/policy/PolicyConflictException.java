package dev.serin.registry.policy;

import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.RegistryException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Somebody changed meanwhile what a change stood on. Nothing was changed; the message tells who did what, and when. */
public final class PolicyConflictException extends RegistryException {
    private static final long serialVersionUID = 1;

    private PolicyConflictException(String message) {
        super(message);
    }

    /**
     * A conflict over one member.
     *
     * @param others the change that won; empty when whoever made it left no entry
     */
    static PolicyConflictException over(String pointer, ModelName model, Optional<HistoryEntry> others, Instant now) {
        String how = others.map(entry -> "%s by %s: %s"
                        .formatted(Wording.age(Duration.between(entry.at(), now)), entry.by(), Wording.change(entry)))
                .orElse("meanwhile, by hand or by another tool");
        return new PolicyConflictException(
                "The %s of '%s' was changed %s. Look again, then repeat.".formatted(subject(pointer), model, how));
    }

    static PolicyConflictException after(int tries, ModelName model) {
        return new PolicyConflictException(
                "The policy of '%s' is being changed by others again and again; after %d tries nothing was changed"
                        .formatted(model, tries));
    }

    private static String subject(String pointer) {
        String[] names = pointer.split("/", -1);
        return switch (names.length > 1 ? names[1] : "") {
            case "traffic" -> "traffic";
            case "aliases" -> names.length > 2 ? "alias '%s'".formatted(names[2]) : "list of aliases";
            case "retired" -> names.length > 2 ? "retirement of version " + names[2] : "list of retired versions";
            default -> "policy";
        };
    }
}
