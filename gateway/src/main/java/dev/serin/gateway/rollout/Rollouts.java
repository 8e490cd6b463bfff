package dev.serin.gateway.rollout;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.predict.PredictionListener;
import dev.serin.gateway.predict.Served;
import dev.serin.gateway.predict.Shadows.Copy;
import dev.serin.gateway.predict.Timings;
import dev.serin.gateway.rollout.Rollout.Watched;
import dev.serin.gateway.rollout.Verdict.Breach;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.routing.StickyBucket;
import dev.serin.gateway.shadow.Comparison;
import dev.serin.gateway.shadow.ShadowListener;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.ModelPolicy.Canary;
import dev.serin.registry.ModelPolicy.Guard;
import dev.serin.registry.ModelPolicy.Promoted;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistryException;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyWriter;
import dev.serin.registry.policy.PolicyWriter.Author;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches the canaries of this gateway, and does what follows: counts what both sides do, looks at that every second, and
 * writes what it decides into {@code model.json}. All deciding is {@link Judge}'s and {@link Rollout}'s; that no write is lost is
 * {@link PolicyWriter}'s.
 *
 * <p>A canary that is found bad gets nothing here from that moment on, whatever becomes of the write: a registry that cannot be
 * written keeps no bad version in service.
 *
 * <p>Listens on many threads; looks on one. Closed by whoever made it.
 */
public final class Rollouts implements PredictionListener, ShadowListener, AutoCloseable {
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMinutes(1);
    private static final Duration PAUSE_AFTER_REFUSAL = Duration.ofSeconds(10);

    /** What was written is known from the registry long before; if it is not, it is decided again. */
    private static final Duration PAUSE_AFTER_WRITE = Duration.ofSeconds(30);

    private final Catalog catalog;
    private final Routes routes;
    private final PolicyWriter writer;
    private final String name;
    private final RolloutListener listener;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final ScheduledExecutorService thread;
    private final ConcurrentMap<ModelName, Watch> watches = new ConcurrentHashMap<>();
    private final Map<ModelName, Instant> nextFailureTold = new HashMap<>(); // the looking thread's

    /**
     * Watches nothing before the first {@link #look}.
     *
     * @param name of this gateway, as histories tell it
     * @param nanoTime as {@link System#nanoTime}
     * @param thread looks; closed with this
     */
    public Rollouts(
            Catalog catalog,
            Routes routes,
            PolicyWriter writer,
            String name,
            RolloutListener listener,
            InstantSource clock,
            LongSupplier nanoTime,
            ScheduledExecutorService thread) {
        this.catalog = catalog;
        this.routes = routes;
        this.writer = writer;
        this.name = name;
        this.listener = listener;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.thread = thread;
    }

    /** Looks at every canary again and again. */
    public void start(Duration interval) {
        var _ = thread.scheduleWithFixedDelay(this::look, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** One canary, and what both sides did since it was first seen here. Its changing fields are the looking thread's. */
    private static final class Watch {
        private final String id;
        private final ModelVersion version;
        private final Optional<Guard> guard;
        private final SideWindow primary;
        private final SideWindow canary;
        private final long begin;
        // as this gateway deals requests out: nothing while the canary is not ready here; -1 before the first look
        private int weight = -1;
        private long since;
        private Sample before = Sample.NONE;
        private volatile Look look = new Look(Sample.NONE, Sample.NONE, new Verdict.Inconclusive("0 requests", 0, 1));
        private final Set<String> told = new HashSet<>();
        private @Nullable ModelPolicy tried; // the policy on which the latest write was decided
        private long again; // when that may be decided on the same policy once more, on the nano clock

        Watch(Canary canary, LongSupplier nanoTime) {
            Duration window = canary.guard().map(Guard::window).orElse(Guard.DEFAULT_WINDOW);
            this.id = canary.id();
            this.version = canary.version();
            this.guard = canary.guard();
            this.begin = nanoTime.getAsLong(); // before the windows, or their first slices would be older
            this.primary = new SideWindow(window, nanoTime);
            this.canary = new SideWindow(window, nanoTime);
            this.since = begin;
            this.again = begin;
        }

        /** A guard that somebody changes has seen nothing yet. */
        boolean isOf(Canary canary) {
            return id.equals(canary.id()) && version.equals(canary.version()) && guard.equals(canary.guard());
        }

        Watched watched() {
            return new Watched(id, guard, look.verdict());
        }
    }

    /**
     * What the latest look at a canary showed.
     *
     * @param primary what the other side did at the same weights
     */
    public record Look(Sample primary, Sample canary, Verdict verdict) {}

    /** {@return the latest look at the canary of this id, if this gateway watches it} */
    public Optional<Look> look(ModelName model, String canaryId) {
        return Optional.ofNullable(watches.get(model))
                .filter(watch -> watch.id.equals(canaryId))
                .map(watch -> watch.look);
    }

    // What happens

    @Override
    public void finished(Prediction prediction) {
        if (watches.isEmpty() || prediction.served().isEmpty()) { // nearly always
            return;
        }
        Served served = prediction.served().get();
        Watch watch = watches.get(served.version().model());
        if (watch == null) {
            return;
        }
        Timings timings = prediction.timings();
        Outcome outcome = Outcome.of(prediction.error(), timings.run() > 0);
        // The side with more traffic has the larger batches, whichever version it is.
        long runNanos = timings.runAlone();
        boolean onTrial = served.version().version().equals(watch.version); // after its promotion, too
        switch (served.route()) {
            case CANARY -> {
                if (onTrial) { // else of the one before
                    watch.canary.request(outcome, runNanos);
                }
            }
            case PRIMARY, NEWEST -> (onTrial ? watch.canary : watch.primary).request(outcome, runNanos);
            case PINNED, ALIAS, SHADOW -> {} // not dealt by chance
        }
    }

    @Override
    public void compared(Copy copy, Comparison comparison, long runNanos) {
        Watch watch = watches.get(copy.shadow().id().model());
        if (watch != null && copy.shadow().id().version().equals(watch.version)) {
            watch.canary.compared(comparison.agrees());
        }
    }

    // What follows

    /** Looks at every canary once. Called on one thread. */
    void look() {
        each(this::judge); // first of all of them: a write may take long
        each(this::act);
    }

    private void each(BiConsumer<CatalogModel, Watch> what) {
        for (CatalogModel model : catalog.models()) {
            if (model.policy().canary().isPresent() || watches.containsKey(model.name())) {
                try {
                    watch(model).ifPresent(watch -> what.accept(model, watch));
                } catch (Throwable e) { // a fault of ours: the other models, and the next look, are not to suffer
                    tellFailure(model.name(), e);
                }
            }
        }
    }

    private void tellFailure(ModelName model, Throwable fault) {
        Instant now = clock.instant();
        if (!now.isBefore(nextFailureTold.getOrDefault(model, Instant.MIN))) {
            nextFailureTold.put(model, now.plus(PAUSE_AFTER_FAILURE));
            listener.failed(model, fault);
        }
    }

    private Optional<Watch> watch(CatalogModel model) {
        Optional<Canary> canary = running(model);
        Watch watch = watches.get(model.name());
        if (watch != null && isOver(watch, canary, model.policy())) {
            watches.remove(model.name());
            routes.release(watch.id); // what replaces it has shown nothing yet, a changed guard included
            watch = null;
        }
        if (watch == null && canary.isPresent()) {
            watch = new Watch(canary.get(), nanoTime);
            watches.put(model.name(), watch);
        }
        return Optional.ofNullable(watch);
    }

    private boolean isOver(Watch watch, Optional<Canary> running, ModelPolicy policy) {
        return running.map(canary -> !watch.isOf(canary)).orElseGet(() -> !mayTakeBack(watch, policy));
    }

    private static Optional<Canary> running(CatalogModel model) {
        return model.policy().canary().filter(on -> on.aborted().isEmpty());
    }

    /** Whether a promotion is still so young that what was seen before it may undo it. */
    private boolean mayTakeBack(Watch watch, ModelPolicy policy) {
        Optional<Promoted> promoted = policy.promoted().filter(was -> was.id().equals(watch.id));
        return promoted.isPresent()
                && watch.guard
                        .filter(guard ->
                                clock.instant().isBefore(promoted.get().at().plus(guard.window())))
                        .isPresent();
    }

    /** A breach is never forgotten: neither what was seen before the weights changed, nor because the canary gets nothing now. */
    private void judge(CatalogModel model, Watch watch) {
        if (watch.look.verdict() instanceof Breach && routes.isPulledBack(watch.id)) {
            return;
        }
        int weight =
                running(model).isPresent() ? routes.shares(model).canary() : StickyBucket.BUCKETS; // as the primary
        if (watch.weight < 0) { // new: nothing was counted under any other weight
            watch.weight = weight;
        }
        watch.look = lookAt(watch);
        if (weight != watch.weight && !(watch.look.verdict() instanceof Breach)) {
            watch.before = weight == StickyBucket.BUCKETS ? watch.primary.sample(watch.since) : Sample.NONE;
            watch.weight = weight;
            watch.since = nanoTime.getAsLong();
            watch.look = lookAt(watch);
        }
        if (Rollout.decide(model.policy(), watch.watched(), clock.instant()) instanceof Action.Abort(Breach breach)) {
            routes.pullBack(watch.id);
            tellBreach(model.name(), watch, breach);
        }
    }

    private static Look lookAt(Watch watch) {
        boolean everything = watch.weight == StickyBucket.BUCKETS;
        Sample primary = everything ? Sample.NONE : watch.primary.sample(watch.since);
        Sample canary = watch.canary.sample(everything ? watch.begin : watch.since);
        Verdict verdict = watch.guard
                .map(guard -> Judge.judge(guard, primary, watch.before, canary))
                .orElseGet(Verdict.Clean::new);
        return new Look(everything ? watch.before : primary, canary, verdict);
    }

    private void act(CatalogModel model, Watch watch) {
        ModelPolicy policy = model.policy();
        Action action = Rollout.decide(policy, watch.watched(), clock.instant());
        if (action instanceof Action.Inconclusive inconclusive) {
            tellOnce(
                    watch,
                    "inconclusive " + watch.weight,
                    () -> listener.inconclusive(model.name(), watch.version, inconclusive.text()));
        } else if (change(action, watch).isPresent() && isDue(watch, policy)) {
            write(model.name(), watch, policy, action);
        }
    }

    /** Another policy is decided on at once: what is found bad right after a step was passed does not wait. */
    @SuppressWarnings("ReferenceEquality") // the same object until another policy was read
    private boolean isDue(Watch watch, ModelPolicy policy) {
        return policy != watch.tried || nanoTime.getAsLong() - watch.again >= 0;
    }

    private void write(ModelName model, Watch watch, ModelPolicy policy, Action action) {
        Action[] made = {action}; // what was right for the policy that was written on
        watch.tried = policy;
        try {
            var changed = writer.decide(model, new Author(name, reason(watch)), present -> {
                made[0] = Rollout.decide(present, watch.watched(), clock.instant());
                return change(made[0], watch);
            });
            watch.again = nanoTime.getAsLong() + PAUSE_AFTER_WRITE.toNanos();
            if (changed.isPresent()) {
                tell(model, watch, made[0]);
            }
        } catch (RegistryException e) {
            watch.again = nanoTime.getAsLong() + PAUSE_AFTER_REFUSAL.toNanos();
            tellOnce(
                    watch,
                    "not written " + action.getClass().getSimpleName(),
                    () -> listener.notWritten(model, watch.version, e));
        }
    }

    private static Optional<String> reason(Watch watch) {
        return watch.look.verdict() instanceof Breach breach ? Optional.of(text(watch, breach)) : Optional.empty();
    }

    private static String text(Watch watch, Breach breach) {
        return breach.text(watch.guard.map(Guard::window).orElse(Duration.ZERO));
    }

    private static Optional<PolicyChange> change(Action action, Watch watch) {
        return switch (action) {
            case Action.Nothing _, Action.Inconclusive _ -> Optional.empty();
            case Action.Pass(int step) -> Optional.of(new PolicyChange.PassStep(watch.id, step));
            case Action.Promote() -> Optional.of(new PolicyChange.PromoteCanary(watch.id));
            case Action.Hold(Breach breach) ->
                Optional.of(new PolicyChange.PauseCanary(
                        watch.id, Optional.of(breach.rule().label())));
            case Action.Abort(Breach breach) -> Optional.of(abort(watch, breach));
            case Action.TakeBack(Breach breach, Promoted _) -> Optional.of(abort(watch, breach));
        };
    }

    private static PolicyChange abort(Watch watch, Breach breach) {
        return new PolicyChange.AbortCanary(
                watch.id,
                Optional.of(new PolicyChange.Breach(breach.rule().label(), breach.measured(), breach.limit())));
    }

    private void tell(ModelName model, Watch watch, Action action) {
        switch (action) {
            case Action.Nothing _, Action.Inconclusive _ -> {}
            case Action.Pass(int step) -> listener.passed(model, watch.version, step);
            case Action.Promote() -> listener.promoted(model, watch.version);
            case Action.Hold(Breach breach) -> listener.held(model, watch.version, breach, text(watch, breach));
            case Action.Abort _ -> {} // when it was found
            case Action.TakeBack(Breach breach, Promoted _) -> tellBreach(model, watch, breach);
        }
    }

    private void tellBreach(ModelName model, Watch watch, Breach breach) {
        tellOnce(watch, "breach", () -> listener.breached(model, watch.version, breach, text(watch, breach)));
    }

    private static void tellOnce(Watch watch, String what, Runnable telling) {
        if (watch.told.add(what)) {
            telling.run();
        }
    }

    @Override
    public void close() {
        thread.shutdown();
    }
}
