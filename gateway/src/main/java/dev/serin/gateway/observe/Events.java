package dev.serin.gateway.observe;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.Discrepancy;
import dev.serin.gateway.catalog.Targets;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.Wording;
import dev.serin.gateway.rollout.RolloutListener;
import dev.serin.gateway.rollout.Verdict;
import dev.serin.gateway.sessions.SessionListener;
import dev.serin.registry.AliasName;
import dev.serin.registry.Digest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistryException;
import dev.serin.registry.StoreException;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.LocalStoreException;
import dev.serin.registry.store.NoRoomException;
import dev.serin.registry.store.StoreListener;
import dev.serin.serving.LoadReport;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The operators' story: what becomes of the gateway, its versions and its registry. Thread-safe. */
public final class Events implements RolloutListener, SessionListener, StoreListener {
    private static final int SHOWN_VERSIONS = 10;
    private static final String GOES_ON = "; what is loaded goes on serving";

    private final EventLog log;
    private final Catalog catalog;

    /** Tells the log; the catalog says what a failure means for callers. */
    public Events(EventLog log, Catalog catalog) {
        this.log = log;
        this.catalog = catalog;
    }

    // The gateway

    /** The process begins; {@code banner} says what runs where. */
    public void starting(String banner, Map<String, Object> fields) {
        log.tell(with(Event.of(Level.INFO, "gateway.starting", "", banner), fields));
    }

    /** The settings have been read. */
    public void configLoaded(String origin) {
        log.tell(Event.of(Level.INFO, "config.loaded", "", origin).with("sources", origin));
    }

    /** A setting is ignored or was lowered. */
    public void configWarning(String warning) {
        log.tell(Event.of(Level.WARNING, "config.warning", "", warning));
    }

    /**
     * The registry was read for the first time.
     *
     * @param trustedKeys the names of the keys whose signatures are required; empty when none are
     */
    public void registryRead(String location, int models, int versions, Optional<String> trustedKeys) {
        String signatures = trustedKeys
                .map(names -> "signatures required (keys: %s)".formatted(names))
                .orElse("signatures not required");
        String message = "%s · %d models, %d versions · %s".formatted(location, models, versions, signatures);
        log.tell(Event.of(Level.INFO, "registry.read", "", message)
                .with("location", location)
                .with("models", models)
                .with("versions", versions));
    }

    /**
     * First ready.
     *
     * @param loaded of {@code known} versions
     * @param notes further lines for people: addresses, a call to copy
     */
    public void ready(Duration took, int loaded, int known, int port, int managementPort, List<String> notes) {
        String message = "in %s s · %d of %d versions loaded".formatted(tenths(took), loaded, known);
        log.tell(Event.of(Level.INFO, "gateway.ready", "", message)
                .with("duration_s", seconds(took.toNanos()))
                .with("versions", loaded)
                .with("port", port)
                .with("management_port", managementPort)
                .note(notes));
    }

    /** The gateway sends callers away and answers what it has accepted. */
    public void draining(long inProgress) {
        log.tell(Event.of(Level.INFO, "gateway.draining", "", inProgress + " requests in progress are answered first")
                .with("in_progress", inProgress));
    }

    /** The end. */
    public void stopped(Duration took) {
        log.tell(Event.of(Level.INFO, "gateway.stopped", "", "after " + tenths(took) + " s of draining")
                .with("duration_s", seconds(took.toNanos())));
    }

    /** A run goes on although it was cut off; the process ends under it. */
    public void stoppedShort(Duration patience) {
        log.tell(Event.of(
                Level.ERROR,
                "gateway.stopped",
                "",
                "a run did not end within " + tenths(patience) + " s of being cut off"));
    }

    /**
     * A model failed on an input, a change could not be made, or the gateway did wrong; the caller was told no more than the id
     * of the request.
     */
    public void requestFailed(ErrorCode code, Optional<VersionId> version, String requestId, Throwable cause) {
        String name = switch (code) {
            case INFERENCE_FAILED -> "inference.failed";
            case REGISTRY_UNAVAILABLE, FORBIDDEN -> "change.failed";
            default -> "internal.failed";
        };
        Level level = name.equals("internal.failed") ? Level.ERROR : Level.WARNING;
        String message = "request " + requestId + ": " + cause;
        Event event = version.map(chosen -> about(chosen, level, name, message))
                .orElseGet(() -> Event.of(level, name, "", message));
        log.tell(event.with("request_id", requestId).because(cause));
    }

    // Versions

    @Override
    public void published(VersionId version) {
        log.tell(about(version, Level.INFO, "version.published", "was registered"));
    }

    @Override
    public void loaded(CatalogVersion version) {
        Event event = about(version.id(), Level.INFO, "version.loaded", loadedText(version))
                .with("digest", version.digest().map(Digest::hex).orElse(""))
                .with("bytes", version.memoryBytes());
        if (version.loaded().isPresent()) {
            Map<String, Duration> phases = phases(version.loaded().get());
            Map<String, Object> inSeconds = new LinkedHashMap<>();
            phases.forEach((phase, took) -> inSeconds.put(phase, seconds(took.toNanos())));
            event = event.with("duration_s", seconds(total(phases).toNanos())).with("phases", inSeconds);
        }
        log.tell(event);
    }

    @Override
    public void failed(VersionId version, CatalogVersion.Failure failure, Throwable cause, boolean news) {
        if (!news) {
            return;
        }
        String next = failure.nextTry()
                .map(at -> "next try " + at + ", after " + failure.attempts() + " so far")
                .orElse("no further try until the registry changes");
        Event event = about(version, Level.WARNING, "version.failed", failure.reason())
                .with("reason", failure.reason())
                .with("attempt", failure.attempts());
        List<String> notes = new ArrayList<>();
        Optional<String> behind = behind(failure.reason(), cause);
        if (behind.isPresent()) {
            event = event.with("cause", behind.get());
            notes.add("cause     " + behind.get());
        }
        notes.add("effect    " + effect(version));
        notes.add("fix       " + next);
        Event told = event.note(notes);
        log.tell(failure.nextTry()
                .map(at -> told.with("next_try", at.toString()))
                .orElse(told));
    }

    /** {@return what lies behind a reason, in the words of whoever found it: ONNX Runtime's, say} */
    private static Optional<String> behind(String reason, Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .map(cause -> Objects.requireNonNullElse(cause.getMessage(), cause.toString()))
                .filter(text -> !reason.contains(text))
                .map(text -> text.strip().replaceAll("\\s+", " "))
                .findFirst();
    }

    @Override
    public void tampered(CatalogVersion version, Discrepancy how) {
        log.tell(about(version.id(), Level.WARNING, "version.tampered", how.detail() + GOES_ON)
                .with("reason", how.detail())
                .with("expected", version.digest().map(Digest::hex).orElse(""))
                .with("found", how.found().map(Digest::hex).orElse("")));
    }

    @Override
    public void deleted(List<VersionId> versions) {
        log.tell(about(versions, Level.WARNING, "version.deleted", "gone from the registry" + GOES_ON));
    }

    @Override
    public void restored(List<VersionId> versions) {
        log.tell(about(versions, Level.INFO, "version.restored", "in the registry again as loaded"));
    }

    /** One event however many they are: a bucket that is lost takes all of them at once. */
    private static Event about(List<VersionId> versions, Level level, String name, String message) {
        if (versions.size() == 1) {
            return about(versions.getFirst(), level, name, "is " + message);
        }
        List<String> named =
                versions.stream().limit(SHOWN_VERSIONS).map(VersionId::toString).toList();
        int more = versions.size() - named.size();
        String all = String.join(", ", named) + (more > 0 ? " and %d more".formatted(more) : "");
        return Event.of(level, name, "", "%d versions are %s: %s".formatted(versions.size(), message, all))
                .with("count", versions.size())
                .with("versions", named);
    }

    @Override
    public void evicted(VersionId version, String reason) {
        log.tell(about(version, Level.INFO, "version.evicted", reason).with("reason", reason));
    }

    @Override
    public void memoryFull(VersionId version, long neededBytes, long freeBytes) {
        String message = "needs %s, %s are free".formatted(Wording.size(neededBytes), Wording.size(freeBytes));
        log.tell(about(version, Level.WARNING, "memory.full", message)
                .with("needed", neededBytes)
                .with("free", freeBytes));
    }

    // The local store

    @Override
    public void storeFull(VersionId version, NoRoomException why) {
        log.tell(about(version, Level.WARNING, "store.full", why.reason())
                .with("needed", why.neededBytes())
                .with("used", why.usedBytes())
                .with("limit", why.limitBytes()));
    }

    @Override
    public void evicted(Digest digest, long bytes, Instant lastUse) {
        String message = "%s, not used since %s, made room for another version".formatted(Wording.size(bytes), lastUse);
        log.tell(aboutCopy(digest, Level.INFO, "store.evicted", message)
                .with("bytes", bytes)
                .with("last_use", lastUse.toString()));
    }

    @Override
    public void damaged(Digest digest) {
        log.tell(aboutCopy(
                digest,
                Level.WARNING,
                "store.damaged",
                "was changed on the disk and is fetched anew; if nobody did that, the disk may be failing"));
    }

    @Override
    public void unwritable(LocalStoreException cause) {
        String message = cause.getMessage() + " · copies in it are used, nothing new can be loaded";
        log.tell(Event.of(Level.WARNING, "store.unwritable", "", message).with("reason", cause.reason()));
    }

    /** A copy belongs to every version with these bytes, or to none that is still registered. */
    private Event aboutCopy(Digest digest, Level level, String name, String message) {
        List<String> versions = catalog.models().stream()
                .flatMap(model -> model.versions().stream())
                .filter(version -> version.digest().equals(Optional.of(digest)))
                .map(version -> version.id().toString())
                .toList();
        String subject = versions.isEmpty() ? digest.abbreviated() + "…" : String.join(", ", versions);
        return Event.of(level, name, subject, message)
                .with("digest", digest.hex())
                .with("versions", versions);
    }

    // Policies

    @Override
    public void moved(ModelName model, Targets before, Targets now) {
        Set<AliasName> names = new TreeSet<>(before.aliases().keySet());
        names.addAll(now.aliases().keySet());
        for (AliasName alias : names) {
            moved(
                    model,
                    "alias.moved",
                    "alias " + alias,
                    Optional.ofNullable(before.aliases().get(alias)).map(ModelVersion::value),
                    Optional.ofNullable(now.aliases().get(alias)).map(ModelVersion::value));
        }
        moved(
                model,
                "traffic.changed",
                "primary",
                before.primary().map(ModelVersion::value),
                now.primary().map(ModelVersion::value));
    }

    private void moved(ModelName model, String event, String what, Optional<String> from, Optional<String> to) {
        if (!from.equals(to)) {
            String message = "%s: %s → %s".formatted(what, from.orElse("none"), to.orElse("none"));
            log.tell(Event.of(Level.INFO, event, model.value(), message)
                    .with("model", model.value())
                    .with("from", from.orElse(""))
                    .with("to", to.orElse("")));
        }
    }

    @Override
    public void policyChanged(ModelName model, List<HistoryEntry> news) {
        if (news.isEmpty()) {
            log.tell(Event.of(
                            Level.INFO,
                            "policy.changed",
                            model.value(),
                            "model.json was edited, and its history is as it was")
                    .with("model", model.value()));
        }
        for (HistoryEntry entry : news) {
            String why = entry.reason().map(reason -> ": " + reason).orElse("");
            log.tell(Event.of(
                            Level.INFO,
                            "policy.changed",
                            model.value(),
                            "%s · by %s%s".formatted(entry.command(), entry.by(), why))
                    .with("model", model.value())
                    .with("command", entry.command())
                    .with("from", entry.from().orElse(""))
                    .with("to", entry.to().orElse(""))
                    .with("by", entry.by())
                    .with("reason", entry.reason().orElse("")));
        }
    }

    @Override
    public void policyUnknown(ModelName model, List<String> members) {
        String message =
                "model.json has members that this build does not know, and ignores: " + String.join(", ", members);
        log.tell(about(model, "policy.unknown", message).with("members", members));
    }

    @Override
    public void policyUnreadable(ModelName model, String problem) {
        log.tell(about(model, "policy.unreadable", problem + " · the last policy that could be read holds")
                .with("reason", problem));
    }

    private static Event about(ModelName model, String name, String message) {
        return Event.of(Level.WARNING, name, model.value(), message).with("model", model.value());
    }

    // Canaries

    @Override
    public void passed(ModelName model, ModelVersion canary, int step) {
        log.tell(about(model, canary, Level.INFO, "canary.step", "step %d is clean".formatted(step))
                .with("step", step));
    }

    @Override
    public void promoted(ModelName model, ModelVersion canary) {
        log.tell(about(model, canary, Level.INFO, "canary.promoted", "is the primary now"));
    }

    @Override
    public void breached(ModelName model, ModelVersion canary, Verdict.Breach breach, String how) {
        log.tell(about(model, canary, Level.WARNING, "canary.aborted", how)
                .with("rule", breach.rule().label())
                .with("measured", breach.measured())
                .with("limit", breach.limit())
                .with("requests", breach.of()));
    }

    @Override
    public void held(ModelName model, ModelVersion canary, Verdict.Breach breach, String how) {
        log.tell(about(
                        model,
                        canary,
                        Level.WARNING,
                        "canary.held",
                        how + " · stays at its weight until somebody decides")
                .with("rule", breach.rule().label())
                .with("measured", breach.measured())
                .with("limit", breach.limit()));
    }

    @Override
    public void inconclusive(ModelName model, ModelVersion canary, String how) {
        log.tell(about(model, canary, Level.INFO, "canary.inconclusive", how));
    }

    @Override
    public void notWritten(ModelName model, ModelVersion canary, RegistryException cause) {
        log.tell(about(
                model,
                canary,
                Level.WARNING,
                "canary.not-written",
                "what was decided could not be written, and is tried again; a breach takes effect on this gateway all"
                        + " the same · "
                        + cause.getMessage()));
    }

    @Override
    public void failed(ModelName model, Throwable cause) {
        log.tell(Event.of(Level.ERROR, "internal.failed", model.value(), "a look at the canary failed")
                .with("model", model.value())
                .because(cause));
    }

    private static Event about(ModelName model, ModelVersion canary, Level level, String name, String message) {
        return about(new VersionId(model, canary), level, name, "canary " + message);
    }

    // The registry

    @Override
    public void registryStale(RegistryException cause, Duration age) {
        Event event = Event.of(
                        Level.WARNING, "registry.stale", "", cause.getMessage() + " · what is known goes on serving")
                .with("reason", cause.getMessage())
                .with("age_s", seconds(age.toNanos()));
        if (cause instanceof StoreException failure) {
            List<String> lines = RegistryTrouble.of(failure).lines();
            event = event.note(lines).with("advice", lines); // who reads JSON lines wants to know it too
        }
        log.tell(event);
    }

    @Override
    public void notRemembered(LocalStoreException cause) {
        String message = cause.getMessage() + " · a start without the registry would know an older one";
        log.tell(Event.of(Level.WARNING, "registry.not-remembered", "", message).with("reason", cause.reason()));
    }

    @Override
    public void registryRecovered(Duration after) {
        log.tell(Event.of(Level.INFO, "registry.recovered", "", "after " + tenths(after) + " s")
                .with("age_s", seconds(after.toNanos())));
    }

    private static Event about(VersionId version, Level level, String name, String message) {
        return Event.of(level, name, version.toString(), message)
                .with("model", version.model().value())
                .with("version", version.version().value());
    }

    private static Event with(Event event, Map<String, Object> fields) {
        Event told = event;
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            told = told.with(field.getKey(), field.getValue());
        }
        return told;
    }

    private String effect(VersionId version) {
        return catalog.model(version.model())
                .flatMap(CatalogModel::newest)
                .map(newest -> "%s/predict keeps answering with %s"
                        .formatted(version.model(), newest.id().version()))
                .orElse(version.model() + "/predict answers 503 until a version loads");
    }

    /** {@code 0.9 MiB memory · 38 ms: read 1, verify 0, create 33, warm 4 · 3 goldens ok}. */
    private static String loadedText(CatalogVersion version) {
        String memory = Wording.size(version.memoryBytes()) + " memory";
        return version.loaded()
                .map(loaded -> memory + " · " + phasesText(phases(loaded)) + goldensText(loaded.report()))
                .orElse(memory);
    }

    private static String phasesText(Map<String, Duration> phases) {
        StringBuilder text =
                new StringBuilder().append(total(phases).toMillis()).append(" ms: ");
        phases.forEach((phase, took) ->
                text.append(phase).append(' ').append(took.toMillis()).append(", "));
        return text.substring(0, text.length() - 2);
    }

    private static String goldensText(LoadReport report) {
        return report.goldens() == 0 ? "" : " · " + report.goldens() + " goldens ok";
    }

    private static Map<String, Duration> phases(CatalogVersion.Loaded loaded) {
        Map<String, Duration> phases = new LinkedHashMap<>();
        phases.put("download", loaded.download());
        phases.put("verify", loaded.verify());
        phases.put("read", loaded.report().read());
        phases.put("create", loaded.report().create());
        phases.put("warm", loaded.report().warm());
        return phases;
    }

    private static Duration total(Map<String, Duration> phases) {
        return phases.values().stream().reduce(Duration.ZERO, Duration::plus);
    }

    private static String tenths(Duration duration) {
        return String.format(Locale.ROOT, "%.1f", duration.toMillis() / 1e3);
    }

    /** {@return nanoseconds as seconds to a microsecond} */
    static double seconds(long nanos) {
        return Math.round(nanos / 1e3) / 1e6;
    }

    /** {@return nanoseconds as milliseconds to a tenth} */
    static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.1f", nanos / 1e6);
    }
}
