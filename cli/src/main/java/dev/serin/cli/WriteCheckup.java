package dev.serin.cli;

import dev.serin.registry.ConflictException;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.StoreException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Writes to a registry under keys of its own, and finds out which conditions hold there. Deletes all that it wrote, and
 * may have written, when it is closed. Used by one thread.
 */
final class WriteCheckup implements AutoCloseable {
    /** What the keys begin with; no model's do. */
    static final String PROBE = ".serin/probe-";

    static final int WRITERS = 8;

    /** S3Proxy 4.1.0, which compares first and writes afterwards, was found out by 7 of 12 checkups of 4 races. */
    private static final int RACES = 12;

    private static final String NOBODYS_TAG = "00000000000000000000000000000000";

    private final RegistryWriter registry;
    private final Findings findings;
    private final List<String> keys;
    private final String first = newKey();

    /**
     * Nothing is written yet.
     *
     * @param forgotten what a former one could not delete
     */
    WriteCheckup(RegistryWriter registry, Findings findings, List<String> forgotten) {
        this.registry = registry;
        this.findings = findings;
        this.keys = new ArrayList<>(forgotten);
    }

    private enum Outcome {
        WON,
        LOST,
        /** Neither: the store did not do what it was asked. */
        FAILED
    }

    /** {@return the object that was written, if any may be} */
    Optional<RegistryObject> write() {
        try {
            byte[] content = content(0);
            String tag = registry.write(known(first), content, new Condition.Always());
            findings.ok(Check.WRITE, "allowed");
            return Optional.of(new RegistryObject(first, content.length, tag, Instant.EPOCH));
        } catch (RegistryException e) {
            findings.note(
                    Check.WRITE,
                    "refused: " + e.getMessage(),
                    "a gateway needs no more than to read; serin register needs s3:PutObject and s3:DeleteObject");
            for (Check check : Check.values()) {
                if (check.compareTo(Check.WRITE) > 0) {
                    findings.skip(check, "nothing may be written");
                }
            }
            if (e instanceof StoreException refusal && refusal.isCertain()) {
                keys.remove(first); // any other failure may have come after the deed
            }
            return Optional.empty();
        }
    }

    /** Finds out what holds; something has been written. */
    void conditions() {
        absent();
        tagged();
    }

    private void absent() {
        Condition absent = new Condition.IfAbsent();
        String advice =
                "publish each version from one place: of two at once both may write, and the version then fails by"
                        + " its digest";
        Outcome second = tryWrite(first, absent);
        Outcome fresh = second == Outcome.LOST ? tryWrite(known(newKey()), absent) : second;
        if (second == Outcome.LOST && fresh == Outcome.WON) {
            findings.honoured(Check.PUT_IF_NONE_MATCH, "what is there is not overwritten");
            race(
                    Check.PUT_IF_NONE_MATCH_RACE,
                    () -> {
                        String key = known(newKey());
                        return new Start(key, absent);
                    },
                    advice);
        } else {
            notHonoured(Check.PUT_IF_NONE_MATCH, Check.PUT_IF_NONE_MATCH_RACE, second, advice);
        }
    }

    private void tagged() {
        String advice = "change aliases and traffic from one place: of two changes at once one may be lost";
        Outcome wrong = tryWrite(first, new Condition.IfTag(NOBODYS_TAG));
        Outcome right = wrong == Outcome.LOST ? tryWrite(first, new Condition.IfTag(rewritten())) : wrong;
        if (wrong == Outcome.LOST && right == Outcome.WON) {
            findings.honoured(Check.PUT_IF_MATCH, "what somebody else has changed is not overwritten");
            race(Check.PUT_IF_MATCH_RACE, () -> new Start(first, new Condition.IfTag(rewritten())), advice);
        } else {
            notHonoured(Check.PUT_IF_MATCH, Check.PUT_IF_MATCH_RACE, wrong, advice);
        }
    }

    private void notHonoured(Check check, Check race, Outcome outcome, String advice) {
        String text = outcome == Outcome.WON
                ? "not honoured: the store writes where it was told not to"
                : "not honoured: the store refuses such a request altogether";
        findings.ignored(check, text, advice);
        findings.skip(race, check.word() + " is not honoured");
    }

    /** What the writers of one race do at once. */
    private record Start(String key, Condition condition) {}

    private void race(Check check, Supplier<Start> starts, String advice) {
        try {
            for (int i = 0; i < RACES; i++) {
                List<Outcome> outcomes = race(starts.get());
                long won = outcomes.stream().filter(Outcome.WON::equals).count();
                if (won > 1) {
                    findings.ignored(
                            check,
                            "honoured one after another only: of %d writers at once %d won".formatted(WRITERS, won),
                            advice);
                    return;
                }
                if (won == 0) {
                    findings.note(check, "not found out: of %d writers at once none won".formatted(WRITERS));
                    return;
                }
            }
            findings.honoured(check, "of %d writers at once one wins, %d times in a row".formatted(WRITERS, RACES));
        } catch (RegistryException e) {
            findings.note(check, "not found out: " + e.getMessage());
        }
    }

    private List<Outcome> race(Start start) {
        CyclicBarrier together = new CyclicBarrier(WRITERS);
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) { // closed once all have ended
            List<Future<Outcome>> running = IntStream.range(0, WRITERS)
                    .mapToObj(i -> writers.submit(() -> {
                        together.await();
                        return tryWrite(start.key(), start.condition(), content(i + 1));
                    }))
                    .toList();
            List<Outcome> outcomes = new ArrayList<>();
            for (Future<Outcome> each : running) {
                outcomes.add(each.get());
            }
            return outcomes;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryException("It was interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("A writer died", e);
        }
    }

    private Outcome tryWrite(String key, Condition condition) {
        return tryWrite(key, condition, content(0));
    }

    private Outcome tryWrite(String key, Condition condition, byte[] content) {
        try {
            registry.write(key, content, condition);
            return Outcome.WON;
        } catch (ConflictException _) {
            return Outcome.LOST;
        } catch (RegistryException _) {
            return Outcome.FAILED;
        }
    }

    /** {@return the tag that the object has now} */
    private String rewritten() {
        return registry.write(first, content(0), new Condition.Always());
    }

    /** Each writer's is another one: with the same bytes the tag would stay, and all might win by rights. */
    private static byte[] content(int writer) {
        return "A probe of serin doctor, writer %d; it may be deleted.\n"
                .formatted(writer)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String newKey() {
        return PROBE + UUID.randomUUID();
    }

    /** Notes the key before it is written to: a write that seems to have failed may yet have happened. */
    private String known(String key) {
        keys.add(key);
        return key;
    }

    /** Deletes all; what cannot be is named. */
    @Override
    public void close() {
        List<String> left = new ArrayList<>();
        String why = "";
        for (String key : keys) {
            try {
                registry.delete(key);
            } catch (RegistryException e) {
                left.add(key);
                why = e.getMessage();
            }
        }
        if (!left.isEmpty()) {
            findings.note(
                    Check.DELETE,
                    "refused: " + why,
                    "serin register needs s3:DeleteObject; delete yourself, now or later: " + String.join(" ", left));
        } else if (!findings.has(Check.DELETE)) {
            findings.ok(Check.DELETE, "nothing is left of what was written");
        }
    }
}
