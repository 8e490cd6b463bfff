package dev.serin.registry.policy;

import static dev.serin.registry.policy.PolicyFile.FRAUD;
import static dev.serin.registry.policy.PolicyFile.alias;
import static dev.serin.registry.policy.PolicyFile.canary;
import static dev.serin.registry.policy.PolicyFile.steps;
import static dev.serin.registry.policy.PolicyFile.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.serin.registry.AliasName;
import dev.serin.registry.Concurrently;
import dev.serin.registry.ConflictException;
import dev.serin.registry.InMemoryRegistry;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.format.ModelPolicies;
import dev.serin.registry.policy.PolicyChange.AbortCanary;
import dev.serin.registry.policy.PolicyChange.PassStep;
import dev.serin.registry.policy.PolicyChange.PromoteCanary;
import dev.serin.registry.policy.PolicyChange.Retire;
import dev.serin.registry.policy.PolicyChange.StopShadow;
import dev.serin.registry.policy.PolicyChange.Undo;
import dev.serin.registry.policy.PolicyWriter.Author;
import dev.serin.registry.policy.PolicyWriter.Changed;
import dev.serin.registry.policy.PolicyWriter.Draft;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class PolicyWriterTest {
    private static final Author GATEWAY = new Author("gw-1", Optional.empty());

    private final PolicyFile file = PolicyFile.of("""
        {"format": 1, "aliases": {"stable": "3"}, "traffic": {"primary": "stable"}}
        """);

    @Test
    void nothingIsWrittenBeforeACommit() {
        String before = file.text();
        file.registry().takeRequests();

        Changed preview = file.draft("ana", alias("stable", "4")).preview();

        assertThat(preview.after().aliases()).containsEntry(new AliasName("stable"), version("4"));
        assertThat(preview.entry().orElseThrow().by()).isEqualTo("ana");
        assertThat(file.registry().takeRequests())
                .extracting(InMemoryRegistry.Request::operation)
                .containsOnly(Operation.GET);
        assertThat(file.text()).isEqualTo(before);
    }

    @Test
    void everyChangeTouchesTheGeneration() {
        file.make(alias("champion", "4"));

        assertThat(file.registry().list(".serin/")).hasSize(1);
    }

    @Test
    void reasonIsKeptWithTheChange() {
        file.writer()
                .draft(FRAUD, alias("stable", "4"), new Author("ana", Optional.of("better")))
                .commit();

        assertThat(file.policy().history().getLast().reason()).hasValue("better");
    }

    @Test
    void anEmptyFileIsNoPolicyToBeReplaced() {
        file.put("");

        assertThatExceptionOfType(MalformedContentException.class).isThrownBy(() -> file.make(alias("stable", "4")));
    }

    @Nested
    class AfterALook {
        private Instant latest() {
            return file.policy().history().getLast().at();
        }

        private Draft draft(PolicyChange change, Instant seen) {
            return file.writer().draft(FRAUD, change, new Author("ana", Optional.empty()), seen);
        }

        @Test
        void whoKnowsTheLatestChangeMakesHis() {
            file.make(canary("k1", "4", 5));

            draft(new PromoteCanary("k1"), latest()).commit();

            assertThat(file.policy().canary()).isEmpty();
        }

        @Test
        void whoDoesNotIsToldOfTheChangeOfTheSame() {
            file.make(steps("k1", "4", 5.0, 25.0));
            Instant seen = latest();
            file.pass(Duration.ofSeconds(1));
            file.draft("ben", new PassStep("k1", 1)).commit();
            file.pass(Duration.ofSeconds(12));

            assertThatExceptionOfType(PolicyConflictException.class)
                    .isThrownBy(() -> draft(new PromoteCanary("k1"), seen))
                    .withMessage("The traffic of 'fraud' was changed 12 s ago by ben: canary 4 from 5 % to 25 %."
                            + " Look again, then repeat.");
        }

        @Test
        void changesOfSomethingElseAreNoConflict() {
            file.make(canary("k1", "4", 5));
            Instant seen = latest();
            file.pass(Duration.ofSeconds(1));
            file.draft("ben", alias("champion", "9")).commit();

            draft(new PromoteCanary("k1"), seen).commit();

            assertThat(file.policy().canary()).isEmpty();
        }

        @Test
        void whatIsRefusedForTheNewsIsAConflictAndWhatAlwaysWasIsNone() {
            file.make(canary("k1", "4", 5));
            Instant seen = latest();
            file.pass(Duration.ofSeconds(1));
            file.draft("ben", alias("champion", "9")).commit(); // which is news of something else
            assertThatExceptionOfType(PolicyRefusedException.class)
                    .isThrownBy(() -> draft(new PromoteCanary("k9"), seen));
            file.pass(Duration.ofSeconds(1));
            file.draft("ben", new AbortCanary("k1", Optional.empty())).commit();

            assertThatExceptionOfType(PolicyConflictException.class)
                    .isThrownBy(() -> draft(new PromoteCanary("k1"), seen))
                    .withMessageContaining("by ben: canary 4 from 5 % to 0 %, aborted");
        }
    }

    @Nested
    class LosingARace {
        @Test
        void againstAChangeOfSomethingElseTheWishIsRepeated() {
            Draft draft = file.draft("ana", alias("stable", "4"));
            file.draft("ben", alias("champion", "9")).commit();

            draft.commit();

            assertThat(file.policy().aliases())
                    .containsEntry(new AliasName("stable"), version("4"))
                    .containsEntry(new AliasName("champion"), version("9"));
            assertThat(file.policy().history()).extracting(HistoryEntry::by).containsExactly("ben", "ana");
        }

        @Test
        void againstAChangeOfTheSameTellsWhoWasFaster() {
            file.make(steps("k1", "4", 5.0, 25.0));
            Draft draft = file.draft("ana", new PromoteCanary("k1"));
            file.draft("ben", new PassStep("k1", 1)).commit();
            file.draft("eve", alias("champion", "9")).commit();
            file.pass(Duration.ofSeconds(12));
            String before = file.text();

            assertThatExceptionOfType(PolicyConflictException.class)
                    .isThrownBy(draft::commit)
                    .withMessage("The traffic of 'fraud' was changed 12 s ago by ben: canary 4 from 5 % to 25 %. "
                            + "Look again, then repeat.");
            assertThat(file.text()).isEqualTo(before);
        }

        @Test
        void whatADecisionOnlyReadCountsToo() {
            Draft draft = file.draft("ana", new Retire(version("2"), Optional.empty(), Optional.empty()));
            file.draft("ben", alias("old", "2")).commit();
            file.pass(Duration.ofMinutes(5));

            assertThatExceptionOfType(PolicyConflictException.class)
                    .isThrownBy(draft::commit)
                    .withMessage("The list of aliases of 'fraud' was changed 5 min ago by ben: alias old 2. "
                            + "Look again, then repeat.");
        }

        @Test
        void thePrimarysAliasIsPartOfWhatACanaryStandsOn() {
            Draft draft = file.draft("ana", canary("k1", "4", 5));
            file.draft("ben", alias("stable", "4")).commit();

            assertThatExceptionOfType(PolicyConflictException.class)
                    .isThrownBy(draft::commit)
                    .withMessage("The alias 'stable' of 'fraud' was changed just now by ben: alias stable from 3 to 4. "
                            + "Look again, then repeat.");
        }

        @Test
        void againstAnEditByHandSaysThat() {
            Draft draft = file.draft("ana", alias("stable", "4"));
            file.put("{\"aliases\": {\"stable\": \"7\"}}");

            assertThatExceptionOfType(PolicyConflictException.class)
                    .isThrownBy(draft::commit)
                    .withMessage("The alias 'stable' of 'fraud' was changed meanwhile, by hand or by another tool. "
                            + "Look again, then repeat.");
        }

        @Test
        void anUndoNeverTakesBackWhatItsAuthorHasNotSeen() {
            file.make(alias("stable", "4"));
            Draft draft = file.draft("ana", new Undo());
            file.draft("ben", alias("champion", "9")).commit();

            assertThatExceptionOfType(PolicyConflictException.class)
                    .isThrownBy(draft::commit)
                    .withMessageContaining("by ben: alias champion 9");
        }

        @Test
        void whoseAnswerWasLostHasNotLost() {
            Draft draft = file.draft("ana", alias("stable", "4"));
            acceptButAnswer(new ConflictException("the repetition found another tag"));

            Changed changed = draft.commit();

            assertThat(changed.entry()).isPresent();
            assertThat(file.policy().history()).hasSize(1);
        }

        @Test
        void whoLosesAgainAndAgainGivesUp() {
            file.registry().failWith((operation, key) -> {
                if (operation == Operation.PUT && key.endsWith("model.json")) {
                    throw new ConflictException("somebody was faster");
                }
            });

            assertThatExceptionOfType(PolicyConflictException.class)
                    .isThrownBy(() -> file.make(alias("stable", "4")))
                    .withMessage("The policy of 'fraud' is being changed by others again and again; "
                            + "after 50 tries nothing was changed");
        }

        /** The store writes, and the answer is another's. */
        private void acceptButAnswer(RegistryException answer) {
            AtomicBoolean done = new AtomicBoolean();
            file.registry().failWith((operation, key) -> {
                if (operation == Operation.PUT && key.endsWith("model.json") && !done.getAndSet(true)) {
                    file.registry().failWith((_, _) -> {});
                    draftAgain();
                    throw answer;
                }
            });
        }

        private void draftAgain() {
            file.draft("ana", alias("stable", "4")).commit();
        }
    }

    @Nested
    class Gateways {
        private Optional<Changed> abort(String by) {
            return file.writer().decide(FRAUD, new Author(by, Optional.empty()), PolicyWriterTest::abortK1);
        }

        @Test
        void abortWhatTheyFind() {
            file.make(canary("k1", "4", 5));

            assertThat(abort("gw-1")).isPresent();
            assertThat(abort("gw-2")).isEmpty();
            assertThat(file.policy().history()).hasSize(2);
        }

        @Test
        void loseToAPromotionAndTakeThatBack() {
            file.make(canary("k1", "4", 5));
            List<ModelPolicy> asked = new ArrayList<>();

            file.writer().decide(FRAUD, GATEWAY, policy -> {
                if (asked.isEmpty()) {
                    file.draft("ben", new PromoteCanary("k1")).commit();
                }
                asked.add(policy);
                return abortK1(policy);
            });

            assertThat(asked).hasSize(2);
            assertThat(file.policy().aliases()).containsEntry(new AliasName("stable"), version("3"));
            assertThat(file.policy().canary().flatMap(Canary::aborted)).isPresent();
            assertThat(file.policy().promoted()).isEmpty();
        }

        @Test
        void doNothingWhenTheCanaryIsAnotherByThen() {
            file.make(canary("k1", "4", 5));
            AtomicInteger asked = new AtomicInteger();

            Optional<Changed> changed = file.writer().decide(FRAUD, GATEWAY, policy -> {
                if (asked.getAndIncrement() == 0) {
                    file.make(new AbortCanary("k1", Optional.empty()));
                    file.make(canary("k2", "4", 5));
                    return Optional.of(new AbortCanary("k1", Optional.empty()));
                }
                return abortK1(policy);
            });

            assertThat(changed).isEmpty();
            assertThat(file.policy().canary().orElseThrow().aborted()).isEmpty();
        }
    }

    private static Optional<PolicyChange> abortK1(ModelPolicy policy) {
        boolean runs = policy.canary()
                .filter(canary -> canary.id().equals("k1") && canary.aborted().isEmpty())
                .isPresent();
        boolean promoted =
                policy.promoted().filter(latest -> latest.id().equals("k1")).isPresent();
        return runs || promoted ? Optional.of(new AbortCanary("k1", Optional.empty())) : Optional.empty();
    }

    @Nested
    class Races {
        private static final int THREADS = 8;
        private static final int CHANGES = 12;

        /** Everybody has an alias of his own, and all move one: what is accepted is there, in one order. */
        @Test
        void noChangeIsLost() throws Exception {
            InMemoryRegistry registry = new InMemoryRegistry(InstantSource.system());
            PolicyWriter writer = new PolicyWriter(registry, InstantSource.system());

            List<List<String>> accepted = Concurrently.call(THREADS, thread -> () -> {
                List<String> made = new ArrayList<>();
                for (int i = 0; i < CHANGES; i++) {
                    String by = "t%d-%d".formatted(thread, i);
                    String name = i % 3 == 2 ? "shared" : "own-" + thread;
                    try {
                        writer.draft(FRAUD, alias(name, (i + 1) + "." + thread), new Author(by, Optional.empty()))
                                .commit();
                        made.add(by);
                    } catch (PolicyConflictException _) {
                        assertThat(name).isEqualTo("shared"); // nobody else's change stands against one's own alias
                    }
                }
                return made;
            });

            ModelPolicy policy = ModelPolicies.parse(
                    FRAUD,
                    registry.read("fraud/model.json", ModelPolicies.MAX_BYTES)
                            .orElseThrow()
                            .bytes());
            List<String> all = accepted.stream().flatMap(List::stream).toList();
            assertThat(policy.history()).extracting(HistoryEntry::by).containsExactlyInAnyOrderElementsOf(all);
            for (int thread = 0; thread < THREADS; thread++) {
                assertThat(policy.aliases()).containsEntry(new AliasName("own-" + thread), version("11." + thread));
            }
            assertChain(policy);
        }

        /** Each entry found what the one before it on the same alias had left. */
        private void assertChain(ModelPolicy policy) {
            List<String> names = new ArrayList<>(List.of("shared"));
            for (int thread = 0; thread < THREADS; thread++) {
                names.add("own-" + thread);
            }
            for (String name : names) {
                Optional<String> left = Optional.empty();
                for (HistoryEntry entry : policy.history()) {
                    if (entry.was().orElseThrow().has("/aliases/" + name)) {
                        assertThat(entry.from()).isEqualTo(left);
                        left = entry.to();
                    }
                }
                assertThat(left).isPresent();
            }
        }

        @Test
        void ofManyReplicasThatSeeOneBreachOneAborts() throws Exception {
            file.make(canary("k1", "4", 5));

            List<Optional<Changed>> changes = Concurrently.call(
                    THREADS,
                    replica -> () -> file.writer()
                            .decide(FRAUD, new Author("gw-" + replica, Optional.empty()), PolicyWriterTest::abortK1));

            assertThat(changes).filteredOn(Optional::isPresent).hasSize(1);
            Set<String> commands = new HashSet<>();
            file.policy().history().forEach(entry -> commands.add(entry.command()));
            assertThat(file.policy().history()).hasSize(2);
            assertThat(commands).contains("canary abort fraud");
        }
    }

    @Test
    void aRefusalWritesNothing() {
        String before = file.text();

        assertThatExceptionOfType(PolicyRefusedException.class).isThrownBy(() -> file.make(new StopShadow()));
        assertThat(file.text()).isEqualTo(before);
    }
}
