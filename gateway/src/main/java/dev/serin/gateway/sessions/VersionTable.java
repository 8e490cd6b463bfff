package dev.serin.gateway.sessions;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.CatalogVersion.Failure;
import dev.serin.gateway.catalog.CatalogVersion.Loaded;
import dev.serin.gateway.catalog.CatalogVersion.Progress;
import dev.serin.gateway.catalog.Discrepancy;
import dev.serin.gateway.catalog.Discrepancy.Kind;
import dev.serin.gateway.catalog.Targets;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.inference.Signature;
import dev.serin.registry.Digest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.RegisteredVersion;
import dev.serin.registry.RegistrySnapshot;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.NoRoomException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The states of all versions and the steps between them; every step is published to the {@link Catalog}. One lock, held
 * for steps and never for work.
 *
 * <p>Static stability lives here: nothing that the registry says, or fails to say, takes away a version that has been
 * ready. A version that vanishes from the registry is forgotten only if it never was ready; that a ready one is gone, or
 * that other bytes lie under its name, is told once and shown ({@link Discrepancy}), and the old ones go on serving.
 */
final class VersionTable {
    private static final int SHOWN_SIGNS = 8; // of a digest
    private static final Duration PROGRESS_INTERVAL = Duration.ofMillis(250);

    private final Catalog catalog;
    private final InstantSource clock;
    private final SessionListener listener;
    private final Map<ModelName, Model> models = new HashMap<>(); // guarded by this
    private boolean lookedBefore; // guarded by this
    private long candidates; // copied in by hand and seen but once; guarded by this

    VersionTable(Catalog catalog, InstantSource clock, SessionListener listener) {
        this.catalog = catalog;
        this.clock = clock;
        this.listener = listener;
    }

    /**
     * One load: what to load, and who waits for it.
     *
     * @param asked whether callers do, for a version that has not failed before
     */
    record Load(VersionId id, RegisteredVersion definition, CompletableFuture<Void> done, AtomicBoolean asked) {}

    /** Where the cause of a failed load lies. */
    enum Fault {
        /** In the version itself: waiting hardly mends it. */
        VERSION,
        /** On the way to it: its registry. */
        WAY,
        /** In the disk of the local store. */
        DISK,
        STORE_FULL,
        MEMORY
    }

    private static final class Model {
        private @Nullable RegisteredModel seen;
        private ModelPolicy policy = ModelPolicy.NONE;
        private Optional<String> policyProblem = Optional.empty();
        private Targets targets = Targets.NONE;
        private final Map<VersionId, Version> versions = new HashMap<>();
        private List<Version> inOrder = List.of(); // as of the latest change to what there is
    }

    /** There was no room for these bytes, of a version whose definition is the same object as long as it has not changed. */
    private record Lack(RegisteredVersion definition, Digest digest) {}

    private static final class Version {
        private RegisteredVersion definition;
        private CatalogVersion shown;
        private @Nullable Load load;
        private boolean noRoom;
        private @Nullable Lack lack; // as of the latest attempt that came so far
        private Instant nextProgress = Instant.MIN; // when it may be shown
        private @Nullable Fault fault; // of the latest attempt, until the next success

        Version(RegisteredVersion definition, CatalogVersion shown) {
            this.definition = definition;
            this.shown = shown;
        }

        boolean hasBeenReady() {
            return shown.isEligible();
        }
    }

    // What the registry says

    /** Takes in a look at the registry. */
    @SuppressWarnings("ReferenceEquality") // an unchanged model is the same object: nothing to compare
    synchronized void follow(RegistrySnapshot snapshot) {
        Changes changes = new Changes(new ArrayList<>(), new ArrayList<>());
        candidates = lookedBefore ? 0 : unsettled(snapshot); // what is being copied after that is no part of the start
        for (RegisteredModel registered : snapshot.models().values()) {
            Model model = models.computeIfAbsent(registered.name(), _ -> new Model());
            if (model.seen != registered || !registered.policy().retired().isEmpty()) {
                followPolicy(model, registered);
                model.seen = registered;
                follow(model, registered, changes);
            }
        }
        for (Map.Entry<ModelName, Model> known : models.entrySet()) {
            if (!snapshot.models().containsKey(known.getKey())) {
                known.getValue().seen = null; // so that its return is noticed
                forgetUnready(known.getValue(), Set.of());
                missReady(known.getValue(), Set.of(), changes);
                publish(known.getKey(), known.getValue());
            }
        }
        lookedBefore = true;
        changes.tell(listener);
    }

    /** What became of ready versions in the registry, to be told together. */
    private record Changes(List<VersionId> deleted, List<VersionId> restored) {
        void tell(SessionListener listener) {
            if (!deleted.isEmpty()) {
                listener.deleted(List.copyOf(deleted));
            }
            if (!restored.isEmpty()) {
                listener.restored(List.copyOf(restored));
            }
        }
    }

    private static long unsettled(RegistrySnapshot snapshot) {
        return snapshot.models().values().stream()
                .flatMap(model -> model.versions().stream())
                .filter(version -> version instanceof RegisteredVersion.HandDropped dropped && !dropped.settled())
                .count();
    }

    private void follow(Model model, RegisteredModel registered, Changes changes) {
        Set<VersionId> there = new HashSet<>();
        Set<VersionId> inAnyForm = new HashSet<>();
        for (RegisteredVersion version : registered.versions()) {
            inAnyForm.add(version.id());
            if (isServed(version)) {
                there.add(version.id());
                Version known = model.versions.get(version.id());
                if (known == null) {
                    Version first = new Version(version, firstSight(version));
                    first.fault = faultOf(version);
                    model.versions.put(version.id(), first);
                    if (lookedBefore) {
                        listener.published(version.id());
                    }
                } else if (known.hasBeenReady()) {
                    compare(known, version, damage(registered, version), changes);
                } else if (!known.definition.equals(version)) {
                    redefine(known, version);
                }
            }
        }
        forgetUnready(model, there);
        missReady(model, inAnyForm, changes);
        retire(model);
        publish(registered.name(), model);
    }

    private void followPolicy(Model model, RegisteredModel registered) {
        ModelPolicy before = model.policy;
        ModelPolicy now = registered.policy();
        Optional<String> problem = registered.policyProblem();
        Optional<String> problemBefore = model.policyProblem;
        model.policy = now;
        model.policyProblem = problem;
        if (model.seen != null && !now.equals(before)) {
            List<HistoryEntry> news = new ArrayList<>(now.history());
            news.removeAll(before.history());
            listener.policyChanged(registered.name(), news);
        }
        if (!now.unknown().isEmpty() && !now.unknown().equals(before.unknown())) {
            listener.policyUnknown(registered.name(), now.unknown());
        }
        if (problem.isPresent() && !problem.equals(problemBefore)) {
            listener.policyUnreadable(registered.name(), problem.get());
        }
    }

    private static boolean isServed(RegisteredVersion version) {
        return switch (version) {
            case RegisteredVersion.Published _, RegisteredVersion.Unusable _ -> true;
            case RegisteredVersion.HandDropped dropped -> dropped.settled();
            case RegisteredVersion.BeingPublished _ -> false;
        };
    }

    private void forgetUnready(Model model, Set<VersionId> there) {
        model.versions
                .values()
                .removeIf(version ->
                        !there.contains(version.shown.id()) && !version.hasBeenReady() && version.load == null);
    }

    private void redefine(Version known, RegisteredVersion version) {
        known.definition = version;
        known.fault = faultOf(version);
        if (known.load == null) { // else the load's end compares
            known.shown = firstSight(version);
            known.noRoom = false;
        }
    }

    private static @Nullable Fault faultOf(RegisteredVersion version) {
        return version instanceof RegisteredVersion.Unusable ? Fault.VERSION : null;
    }

    private static Optional<String> damage(RegisteredModel registered, RegisteredVersion version) {
        return Optional.ofNullable(registered.damaged().get(version.id().version()));
    }

    private void missReady(Model model, Set<VersionId> inAnyForm, Changes changes) {
        for (Version version : model.versions.values()) {
            if (version.hasBeenReady() && !inAnyForm.contains(version.shown.id())) {
                miss(version, changes);
            }
        }
    }

    private void miss(Version version, Changes changes) {
        note(version, Optional.of(discrepancy(Kind.DELETED, Optional.empty(), "is gone from the registry")), changes);
    }

    /** Tells and shows how the registry differs from a ready version, unless that was known. */
    private void note(Version version, Optional<Discrepancy> now, Changes changes) {
        Optional<Discrepancy> before = version.shown.discrepancy();
        boolean isKnown =
                now.map(found -> before.filter(found::sameAs).isPresent()).orElse(before.isEmpty());
        if (isKnown) {
            return;
        }
        version.shown = Shown.of(version.shown).discrepancy(now).build();
        if (now.isEmpty()) {
            changes.restored().add(version.shown.id());
        } else {
            switch (now.get().kind()) {
                case DELETED -> changes.deleted().add(version.shown.id());
                case OVERWRITTEN -> listener.tampered(version.shown, now.get());
            }
        }
    }

    private Discrepancy discrepancy(Kind kind, Optional<Digest> found, String detail) {
        return new Discrepancy(kind, clock.instant(), found, detail);
    }

    /** A ready version and what the registry says of it now. */
    private void compare(Version known, RegisteredVersion version, Optional<String> damage, Changes changes) {
        boolean sameBytes = known.definition.equals(version)
                || (version instanceof RegisteredVersion.Published published
                        && known.shown
                                .digest()
                                .equals(Optional.of(published.manifest().versionDigest())));
        if (sameBytes) {
            if (!known.definition.equals(version)) {
                known.definition = version;
                known.shown = Shown.of(known.shown).source(version).build();
            }
            note(
                    known,
                    damage.map(text ->
                            discrepancy(Kind.OVERWRITTEN, Optional.empty(), "was damaged in the registry: " + text)),
                    changes);
        } else if (known.definition instanceof RegisteredVersion.HandDropped
                && version instanceof RegisteredVersion.Published) {
            known.definition = version; // it got a manifest: judged again, by that
            known.shown = firstSight(version);
        } else {
            note(known, Optional.of(overwritten(known, version)), changes);
        }
    }

    private Discrepancy overwritten(Version known, RegisteredVersion version) {
        return switch (version) {
            case RegisteredVersion.Published published -> {
                Digest found = published.manifest().versionDigest();
                String loaded = known.shown.digest().map(VersionTable::cut).orElse("unknown");
                yield discrepancy(
                        Kind.OVERWRITTEN,
                        Optional.of(found),
                        "has other bytes in the registry: digest %s, loaded is %s".formatted(cut(found), loaded));
            }
            case RegisteredVersion.HandDropped _ ->
                discrepancy(
                        Kind.OVERWRITTEN,
                        Optional.empty(),
                        known.definition instanceof RegisteredVersion.Published
                                ? "has no manifest in the registry any more"
                                : "was written again in the registry");
            case RegisteredVersion.BeingPublished _ ->
                discrepancy(Kind.OVERWRITTEN, Optional.empty(), "is being published again in the registry");
            case RegisteredVersion.Unusable unusable ->
                discrepancy(Kind.OVERWRITTEN, Optional.empty(), "is unusable in the registry, as " + unusable.reason());
        };
    }

    private static String cut(Digest digest) {
        return digest.hex().substring(0, SHOWN_SIGNS) + "…";
    }

    private void retire(Model model) {
        Instant now = clock.instant();
        for (Version version : model.versions.values()) {
            ModelPolicy.@Nullable Retirement retirement =
                    model.policy.retired().get(version.shown.id().version());
            boolean retired = retirement != null
                    && retirement.sunset().map(sunset -> !now.isBefore(sunset)).orElse(true);
            if (retired && version.load == null) {
                version.shown =
                        Shown.of(version.shown).state(VersionState.RETIRED).build();
            } else if (!retired && version.shown.state() == VersionState.RETIRED) {
                version.shown = firstSight(version.definition);
            }
        }
    }

    private CatalogVersion firstSight(RegisteredVersion version) {
        CatalogVersion pending = Shown.pending(version);
        return version instanceof RegisteredVersion.Unusable unusable
                ? Shown.of(pending)
                        .state(VersionState.FAILED)
                        .failure(new Failure(unusable.reason(), 0, Optional.empty()))
                        .build()
                : pending;
    }

    // What loads do

    /** {@return the load under way, or a new one when the version may be loaded now; empty when it may not} */
    synchronized Optional<Begun> begin(VersionId id) {
        Version version = find(id);
        if (version == null) {
            return Optional.empty();
        }
        Load running = version.load;
        if (running != null) {
            return Optional.of(new Begun(running, false));
        }
        if (!mayLoad(version)) {
            return Optional.empty();
        }
        Load load = new Load(id, version.definition, new CompletableFuture<>(), new AtomicBoolean());
        version.load = load;
        version.noRoom = false;
        version.nextProgress = Instant.MIN;
        show(version, Shown.of(version.shown).state(VersionState.DOWNLOADING));
        return Optional.of(new Begun(load, true));
    }

    /** A load, and whether whoever asked has to do it. */
    record Begun(Load load, boolean isNew) {}

    private boolean mayLoad(Version version) {
        return switch (version.shown.state()) {
            case PENDING -> true;
            case COLD -> version.shown.failure().isEmpty() || isTimeToTry(version);
            case FAILED -> isTimeToTry(version);
            case READY -> true; // evicted a moment ago, and the catalog not yet told
            case DOWNLOADING, LOADING, RETIRED -> false;
        };
    }

    private boolean isTimeToTry(Version version) {
        return version.shown
                .failure()
                .flatMap(Failure::nextTry)
                .filter(next -> !next.isAfter(clock.instant()))
                .isPresent();
    }

    /** A download goes on; that is told far more often than anybody looks. */
    synchronized void progress(VersionId id, long doneBytes, long totalBytes) {
        Version version = find(id);
        Instant now = clock.instant();
        if (version != null && !now.isBefore(version.nextProgress)) {
            version.nextProgress = now.plus(PROGRESS_INTERVAL);
            show(version, Shown.of(version.shown).progress(new Progress(doneBytes, totalBytes)));
        }
    }

    synchronized void loading(VersionId id) {
        Version version = find(id);
        if (version != null) {
            show(version, Shown.of(version.shown).state(VersionState.LOADING));
        }
    }

    /** A load succeeded. */
    synchronized void ready(Load load, Digest digest, Signature signature, Loaded loaded, long memoryBytes) {
        Version version = end(load);
        if (version == null) {
            return;
        }
        version.fault = null;
        version.lack = null;
        Shown ready = Shown.of(version.shown).state(VersionState.READY).loaded(digest, signature, loaded, memoryBytes);
        listener.loaded(ready.build()); // before anybody can see it: what is told of a start comes in its order
        show(version, ready);
        compareLoaded(version, load);
    }

    /** The registry may have changed while a version was loading. */
    private void compareLoaded(Version version, Load load) {
        Model model = models.get(load.id().model());
        if (model == null) {
            return;
        }
        Changes changes = new Changes(new ArrayList<>(), new ArrayList<>());
        RegisteredModel seen = model.seen;
        boolean isThere = seen != null
                && seen.versions().stream()
                        .anyMatch(registered -> registered.id().equals(load.id()));
        if (seen != null && isThere) {
            RegisteredVersion now = version.definition;
            version.definition = load.definition();
            compare(version, now, damage(seen, now), changes);
        } else {
            miss(version, changes);
        }
        publish(load.id().model(), model);
        changes.tell(listener);
    }

    /**
     * A load failed.
     *
     * @param reason for everybody
     * @param cause for operators
     * @param fault where it lies
     * @return the pause before the next attempt
     */
    synchronized Optional<Duration> failed(Load load, String reason, Throwable cause, Fault fault) {
        Version version = end(load);
        if (version == null) {
            return Optional.empty();
        }
        int attempts = version.shown.failure().map(Failure::attempts).orElse(0) + 1;
        boolean lasting = fault == Fault.VERSION;
        Optional<Duration> pause = RetryPolicy.pauseAfter(attempts, lasting);
        boolean news = isNews(version, fault, reason);
        version.fault = fault;
        Failure failure = new Failure(reason, attempts, pause.map(clock.instant()::plus));
        boolean staysCold = version.hasBeenReady() && !lasting; // the way to it is at fault: it keeps its route
        VersionState state = staysCold ? VersionState.COLD : VersionState.FAILED;
        show(version, Shown.of(version.shown).state(state).failure(failure));
        if (news && cause instanceof NoRoomException full) {
            listener.storeFull(load.id(), full);
        }
        listener.failed(load.id(), failure, cause, news);
        return pause;
    }

    /** Every attempt is news where there are few; else the first for each cause, as they may go on for ever. */
    private static boolean isNews(Version version, Fault fault, String reason) {
        if (version.fault != fault) {
            return true;
        }
        return switch (fault) {
            case VERSION -> true;
            case WAY, DISK ->
                version.shown
                        .failure()
                        .filter(why -> why.reason().equals(reason))
                        .isEmpty();
            case STORE_FULL, MEMORY -> false; // there are figures in the reason
        };
    }

    /**
     * There was no room in memory. A version that was ready stays cold until somebody asks for it; a new one waits and tells why.
     *
     * @return what is shown of a new one, with the time at which {@link #tryAgain} is due
     */
    synchronized Optional<Failure> noRoom(Load load, String reason, Digest digest, long neededBytes, long freeBytes) {
        Version version = end(load);
        if (version == null) {
            return Optional.empty();
        }
        if (isNews(version, Fault.MEMORY, reason)) {
            listener.memoryFull(load.id(), neededBytes, freeBytes);
        }
        version.fault = Fault.MEMORY;
        version.lack = new Lack(load.definition(), digest);
        version.noRoom = true;
        if (version.hasBeenReady()) {
            show(version, Shown.of(version.shown).cold());
            return Optional.empty();
        }
        int attempts = version.shown.failure().map(Failure::attempts).orElse(0) + 1;
        Failure why = new Failure(
                reason, attempts, RetryPolicy.pauseAfter(attempts, false).map(clock.instant()::plus));
        show(version, Shown.of(version.shown).state(VersionState.PENDING).failure(why));
        return Optional.of(why);
    }

    /** A load was given up, because the gateway stops: the version is where it was. */
    synchronized void givenUp(Load load) {
        Version version = end(load);
        if (version != null) {
            show(
                    version,
                    Shown.of(version.shown).state(version.hasBeenReady() ? VersionState.COLD : VersionState.PENDING));
        }
    }

    /** What lay on the way to versions is out of it: those that failed for that may be tried now. */
    synchronized void wayIsClear() {
        Instant now = clock.instant();
        for (Map.Entry<ModelName, Model> model : models.entrySet()) {
            boolean any = false;
            for (Version version : model.getValue().versions.values()) {
                Optional<Failure> failure = version.shown.failure().filter(why -> why.attempts() > 0);
                if (failure.isPresent() && version.fault != Fault.VERSION && !version.noRoom && version.load == null) {
                    Failure due =
                            new Failure(failure.get().reason(), failure.get().attempts(), Optional.of(now));
                    version.shown = Shown.of(version.shown).failure(due).build();
                    any = true;
                }
            }
            if (any) {
                publishInOrder(model.getKey(), model.getValue());
            }
        }
    }

    /** There may be room by now. */
    synchronized void tryAgain(VersionId id) {
        Version version = find(id);
        if (version != null) {
            version.noRoom = false;
        }
    }

    private @Nullable Version end(Load load) {
        Version version = find(load.id());
        if (version != null) {
            version.load = null;
        }
        return version;
    }

    /** The session of these bytes was evicted: every version that shares it is cold. */
    synchronized List<VersionId> evicted(Digest digest) {
        List<VersionId> cold = new ArrayList<>();
        for (Map.Entry<ModelName, Model> model : models.entrySet()) {
            for (Version version : model.getValue().versions.values()) {
                if (version.shown.state() == VersionState.READY
                        && version.shown.digest().equals(Optional.of(digest))) {
                    version.shown = Shown.of(version.shown).cold().build();
                    cold.add(version.shown.id());
                }
            }
        }
        cold.forEach(id -> publishInOrder(id.model(), models.get(id.model())));
        return cold;
    }

    // What is asked

    /** {@return how many versions that were there at the start, copied in by hand, wait for their second look} */
    synchronized long candidates() {
        return candidates;
    }

    synchronized boolean hasNoRoom(VersionId id) {
        Version version = find(id);
        return version != null && version.noRoom;
    }

    /** {@return the digest of what there was no room for when it was tried last, if the version still is defined by the same} */
    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    synchronized Optional<Digest> lacking(VersionId id) {
        Version version = find(id);
        return version == null
                ? Optional.empty()
                : Optional.ofNullable(version.lack)
                        .filter(lack -> lack.definition() == version.definition)
                        .map(Lack::digest);
    }

    /** {@return whether the registry can do nothing for this version that is not loaded} */
    synchronized boolean isSettled(VersionId id) {
        Version version = find(id);
        return version == null || (version.fault != null && version.fault != Fault.WAY);
    }

    private @Nullable Version find(VersionId id) {
        Model model = models.get(id.model());
        return model == null ? null : model.versions.get(id);
    }

    private void show(Version version, Shown shown) {
        version.shown = shown.build();
        ModelName name = version.shown.id().model();
        publishInOrder(name, models.get(name));
    }

    /** After a change to which versions there are, or to what orders them. */
    private void publish(ModelName name, Model model) {
        model.inOrder = model.versions.values().stream()
                .sorted(Comparator.comparing(version -> version.definition, RegisteredVersion.ORDER))
                .toList();
        publishInOrder(name, model);
    }

    private void publishInOrder(ModelName name, @Nullable Model model) {
        if (model != null) {
            List<CatalogVersion> versions =
                    model.inOrder.stream().map(version -> version.shown).toList();
            Targets targets = Targets.settle(model.targets, model.policy, versions);
            CatalogModel now = new CatalogModel(name, versions, model.policy, model.policyProblem, targets);
            catalog.put(now);
            boolean moved = !targets.aliases().equals(model.targets.aliases())
                    || !targets.primary().equals(model.targets.primary());
            if (lookedBefore && moved) {
                listener.moved(name, model.targets, now.targets());
            }
            model.targets = now.targets();
        }
    }
}
