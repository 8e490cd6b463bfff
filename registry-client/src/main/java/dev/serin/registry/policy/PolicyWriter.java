package dev.serin.registry.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.ConflictException;
import dev.serin.registry.Generations;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.Registry.Content;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.ModelPolicies;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Function;

/**
 * Changes {@code model.json} so that nobody's change is lost. Thread-safe; the registry stays its opener's.
 *
 * <p><b>Why none is lost.</b> Every write is made of one read, and carries that read's tag (or that there was no file) as its
 * condition. A store that honours it lets exactly one of the writes made of the same read through, so the accepted writes form a
 * chain in which each was decided on the whole file that the one before it left: it keeps every member that it does not
 * mean to change, the history included, and adds its own entry. That is all the safety there is, and it needs no clock, no
 * lock and no leader. The rest is about what a loser does:
 *
 * <ul>
 *   <li><b>It reads again and decides again</b>, on what is there now. No edit is ever carried over from one read to
 *       another; only the wish is.
 *   <li><b>A person's wish</b> was formed on what he was shown. It is repeated only if all that its decision stood on, what it
 *       reads and what it writes, is as it was at the first read; else it ends as a {@link PolicyConflictException} and the
 *       person looks again. Changes of other members do not count.
 *   <li><b>A gateway's wish</b> was formed on what it measured. It is a function of the policy, asked again after every
 *       lost race, and may find that there is nothing left to do: the canary is aborted, the step passed. So of many replicas
 *       that see one breach one writes, and an abort that loses to a promotion finds the promotion and takes that back.
 *   <li><b>Who lost may have won:</b> a store may accept a write whose answer is lost on the way, and refuse the repetition. An
 *       entry of ours in the history that was read again is our own success.
 * </ul>
 *
 * Each lost race is another's success, so there is progress; who loses {@value #MAX_TRIES} in a row gives up and says so. A store
 * that ignores the condition loses changes whatever is done here; {@code docs/registry.md} says which do.
 */
public final class PolicyWriter {
    private static final int MAX_TRIES = 50;

    private final RegistryWriter registry;
    private final InstantSource clock;

    /**
     * A writer to this registry.
     *
     * @param clock tells when a change was made
     */
    public PolicyWriter(RegistryWriter registry, InstantSource clock) {
        this.registry = registry;
        this.clock = clock;
    }

    /** Who changes something, and why. */
    public record Author(String by, Optional<String> reason) {
        /** The longest reason that is kept, in characters. */
        public static final int MAX_REASON = 1_000;

        /**
         * Checks the length.
         *
         * @throws IllegalArgumentException when the reason is too long
         */
        public Author {
            reason.filter(text -> text.length() > MAX_REASON).ifPresent(text -> {
                throw new IllegalArgumentException(
                        "a reason has %d characters at most, got %d".formatted(MAX_REASON, text.length()));
            });
        }
    }

    /**
     * A change that was made, or would be.
     *
     * @param before what it was decided on
     * @param entry what was added to the history; empty when all was so already, and nothing is written
     */
    public record Changed(ModelPolicy before, ModelPolicy after, Optional<HistoryEntry> entry) {}

    /**
     * {@return the policy as it is written now}
     *
     * @throws RegistryException when it cannot be read
     */
    public ModelPolicy policy(ModelName model) {
        return read(model).policy();
    }

    /**
     * {@return what a change would do, for its author to look at before it is committed}
     *
     * @throws PolicyRefusedException when the policy does not allow it
     * @throws RegistryException when the policy cannot be read, or is of a format that this build must not write
     */
    public Draft draft(ModelName model, PolicyChange change, Author author) {
        return new Draft(change, author, read(model));
    }

    /**
     * {@return the same for an author who looked some time ago}
     *
     * @param seen when the latest change was made that he knows of, as the history says
     * @throws PolicyRefusedException when the policy does not allow it, and is what he knows
     * @throws PolicyConflictException when what it stands on was changed since
     * @throws RegistryException when the policy cannot be read, or is of a format that this build must not write
     */
    public Draft draft(ModelName model, PolicyChange change, Author author, Instant seen) {
        Found found = read(model);
        List<HistoryEntry> news = found.since(seen);
        try {
            Draft draft = new Draft(change, author, found);
            draft.preview
                    .edit()
                    .scope(found.tree())
                    .keySet()
                    .forEach(pointer -> Found.latest(news, pointer).ifPresent(entry -> {
                        throw PolicyConflictException.over(pointer, model, Optional.of(entry), clock.instant());
                    }));
            return draft;
        } catch (PolicyRefusedException e) { // for what he knew already, or for the news
            Pointers.concerning(change)
                    .forEach(pointer -> Found.latest(news, pointer).ifPresent(entry -> {
                        throw PolicyConflictException.over(pointer, model, Optional.of(entry), clock.instant());
                    }));
            throw e;
        }
    }

    /**
     * Makes the change that a function finds right for the policy as it is, asked again whenever somebody else was faster.
     *
     * @param decision empty when nothing is to be done
     * @return empty when nothing was
     * @throws PolicyRefusedException when the policy does not allow what the function wants
     * @throws PolicyConflictException when others were faster again and again
     * @throws RegistryException when the policy cannot be read or written; it may have been written then
     */
    public Optional<Changed> decide(
            ModelName model, Author author, Function<ModelPolicy, Optional<PolicyChange>> decision) {
        Found found = read(model);
        for (int i = 0; i < MAX_TRIES; i++) {
            Optional<PolicyChange> change = decision.apply(found.policy());
            if (change.isEmpty()) {
                return Optional.empty();
            }
            Made made = make(found, change.get(), author);
            if (made.changed().entry().isEmpty()) {
                return Optional.empty();
            }
            if (write(made)) {
                return Optional.of(made.changed());
            }
            found = read(model);
            if (found.holds(made)) {
                return Optional.of(made.changed());
            }
        }
        throw PolicyConflictException.after(MAX_TRIES, model);
    }

    /** A change that its author may look at, and commit. Used by one thread. */
    public final class Draft {
        private final PolicyChange change;
        private final Author author;
        private final Found first;
        private final Made preview;

        private Draft(PolicyChange change, Author author, Found first) {
            this.change = change;
            this.author = author;
            this.first = first;
            this.preview = make(first, change, author);
        }

        /** {@return what it would do} */
        public Changed preview() {
            return preview.changed();
        }

        /**
         * Writes it.
         *
         * @return what was done, decided on what lay there then
         * @throws PolicyConflictException when what it stands on is not as it was when this draft was made
         * @throws RegistryException when the policy cannot be read or written; it may have been written then
         */
        public Changed commit() {
            Found found = first;
            for (int i = 0; i < MAX_TRIES; i++) {
                Made made = make(found, change, author);
                if (made.changed().entry().isEmpty() || write(made)) {
                    return made.changed();
                }
                found = read(first.model());
                if (found.holds(made)) {
                    return made.changed();
                }
                checkScope(found);
            }
            throw PolicyConflictException.after(MAX_TRIES, first.model());
        }

        private void checkScope(Found now) {
            SortedMap<String, Optional<JsonNode>> seen = preview.edit().scope(first.tree());
            SortedMap<String, Optional<JsonNode>> present = preview.edit().scope(now.tree());
            seen.forEach((pointer, value) -> {
                if (!value.equals(present.get(pointer))) {
                    throw PolicyConflictException.over(
                            pointer, first.model(), first.othersChange(now, pointer), clock.instant());
                }
            });
        }
    }

    private Found read(ModelName model) {
        Optional<Content> content = registry.read(Layout.policy(model), ModelPolicies.MAX_BYTES);
        ModelPolicy policy = content.map(present -> ModelPolicies.parse(model, present.bytes()))
                .orElse(ModelPolicy.NONE);
        ObjectNode tree = ModelPolicies.tree(model, content.map(Content::bytes).orElseGet(() -> new byte[0]));
        Condition condition = content.<Condition>map(present -> new Condition.IfTag(present.tag()))
                .orElseGet(Condition.IfAbsent::new);
        return new Found(model, tree, policy, condition);
    }

    private Made make(Found found, PolicyChange change, Author author) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Edit edit =
                Decisions.decide(change, new Situation(found.model(), found.tree(), found.policy(), now, author.by()));
        if (edit.isEmpty()) {
            return new Made(found, edit, new byte[0], new Changed(found.policy(), found.policy(), Optional.empty()));
        }
        ObjectNode tree = found.tree().deepCopy();
        edit.applyTo(tree);
        HistoryEntry entry = new HistoryEntry(
                now,
                author.by(),
                change.command(found.model()),
                edit.from(),
                edit.to(),
                author.reason(),
                Optional.of(edit.was(found.tree())),
                Optional.of(Edit.digest(tree, edit.members().keySet())));
        ModelPolicies.addHistory(tree, entry);
        byte[] content = ModelPolicies.write(found.model(), tree);
        ModelPolicy after = ModelPolicies.parse(found.model(), content);
        return new Made(found, edit, content, new Changed(found.policy(), after, Optional.of(entry)));
    }

    /** {@return whether it was written; else somebody was faster} */
    private boolean write(Made made) {
        Found found = made.found();
        try {
            registry.write(Layout.policy(found.model()), made.content(), found.condition());
        } catch (ConflictException _) {
            return false;
        }
        Generations.touch(registry, found.model()); // without it readers find the change at their next full listing
        return true;
    }

    /** The file as one read found it. */
    private record Found(ModelName model, ObjectNode tree, ModelPolicy policy, Condition condition) {
        /** {@return whether a write that was refused had gone through all the same} */
        boolean holds(Made made) {
            return made.changed().entry().filter(policy.history()::contains).isPresent();
        }

        /** {@return the latest of the changes between this read and a later one that wrote the member} */
        Optional<HistoryEntry> othersChange(Found later, String pointer) {
            List<HistoryEntry> newer = new ArrayList<>(later.policy().history());
            newer.removeAll(policy.history());
            return latest(newer, pointer);
        }

        /** {@return the changes after the one of that instant; all when it is not among the latest} */
        List<HistoryEntry> since(Instant seen) {
            List<HistoryEntry> history = policy.history();
            int known = history.size() - 1;
            while (known >= 0 && !history.get(known).at().equals(seen)) {
                known--;
            }
            return history.subList(known + 1, history.size());
        }

        /** {@return the last of these changes that wrote the member} */
        static Optional<HistoryEntry> latest(List<HistoryEntry> changes, String pointer) {
            return changes.reversed().stream()
                    .filter(entry ->
                            entry.was().filter(was -> touches(was, pointer)).isPresent())
                    .findFirst();
        }

        private static boolean touches(ObjectNode was, String pointer) {
            return pointer.equals(Pointers.HISTORY)
                    || was.properties().stream()
                            .anyMatch(member -> member.getKey().equals(pointer)
                                    || member.getKey().startsWith(pointer + "/"));
        }
    }

    /** The file as a change makes it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Made(Found found, Edit edit, byte[] content, Changed changed) {}
}
