package dev.serin.gateway.observe;

import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.Discrepancy;
import dev.serin.gateway.catalog.Targets;
import dev.serin.gateway.predict.PredictionListener;
import dev.serin.gateway.predict.Shadows.Copy;
import dev.serin.gateway.rollout.RolloutListener;
import dev.serin.gateway.rollout.Verdict;
import dev.serin.gateway.sessions.SessionListener;
import dev.serin.gateway.shadow.Comparison;
import dev.serin.gateway.shadow.ShadowListener;
import dev.serin.registry.Digest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy.HistoryEntry;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.store.LocalStoreException;
import dev.serin.registry.store.NoRoomException;
import dev.serin.registry.store.StoreListener;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/** Several listeners as one; each hears in the order given. */
public final class Listeners {
    private Listeners() {}

    /** {@return a listener that passes on to all of these} */
    public static PredictionListener predictions(PredictionListener... listeners) {
        List<PredictionListener> all = List.of(listeners);
        return prediction -> all.forEach(listener -> listener.finished(prediction));
    }

    /** {@return a listener that passes on to all of these} */
    public static SessionListener sessions(SessionListener... listeners) {
        return new Sessions(List.of(listeners));
    }

    /** {@return a listener that passes on to all of these} */
    public static StoreListener store(StoreListener... listeners) {
        return new Store(List.of(listeners));
    }

    /** {@return a listener that passes on to all of these} */
    public static ShadowListener shadows(ShadowListener... listeners) {
        return new Shadows(List.of(listeners));
    }

    /** {@return a listener that passes on to all of these} */
    public static RolloutListener rollouts(RolloutListener... listeners) {
        return new Canaries(List.of(listeners));
    }

    private record Canaries(List<RolloutListener> all) implements RolloutListener {
        private void each(Consumer<RolloutListener> told) {
            all.forEach(told);
        }

        @Override
        public void passed(ModelName model, ModelVersion canary, int step) {
            each(listener -> listener.passed(model, canary, step));
        }

        @Override
        public void promoted(ModelName model, ModelVersion canary) {
            each(listener -> listener.promoted(model, canary));
        }

        @Override
        public void breached(ModelName model, ModelVersion canary, Verdict.Breach breach, String how) {
            each(listener -> listener.breached(model, canary, breach, how));
        }

        @Override
        public void held(ModelName model, ModelVersion canary, Verdict.Breach breach, String how) {
            each(listener -> listener.held(model, canary, breach, how));
        }

        @Override
        public void inconclusive(ModelName model, ModelVersion canary, String how) {
            each(listener -> listener.inconclusive(model, canary, how));
        }

        @Override
        public void failed(ModelName model, Throwable cause) {
            each(listener -> listener.failed(model, cause));
        }

        @Override
        public void notWritten(ModelName model, ModelVersion canary, RegistryException cause) {
            each(listener -> listener.notWritten(model, canary, cause));
        }
    }

    private record Shadows(List<ShadowListener> all) implements ShadowListener {
        @Override
        public void compared(Copy copy, Comparison comparison, long runNanos) {
            all.forEach(listener -> listener.compared(copy, comparison, runNanos));
        }

        @Override
        public void failed(Copy copy, RuntimeException cause) {
            all.forEach(listener -> listener.failed(copy, cause));
        }

        @Override
        public void dropped(Copy copy) {
            all.forEach(listener -> listener.dropped(copy));
        }
    }

    private record Store(List<StoreListener> all) implements StoreListener {
        private void each(Consumer<StoreListener> told) {
            all.forEach(told);
        }

        @Override
        public void holds(long bytes) {
            each(listener -> listener.holds(bytes));
        }

        @Override
        public void evicted(Digest digest, long bytes, Instant lastUse) {
            each(listener -> listener.evicted(digest, bytes, lastUse));
        }

        @Override
        public void damaged(Digest digest) {
            each(listener -> listener.damaged(digest));
        }

        @Override
        public void unwritable(LocalStoreException cause) {
            each(listener -> listener.unwritable(cause));
        }
    }

    private record Sessions(List<SessionListener> all) implements SessionListener {
        private void each(Consumer<SessionListener> told) {
            all.forEach(told);
        }

        @Override
        public void published(VersionId version) {
            each(listener -> listener.published(version));
        }

        @Override
        public void loaded(CatalogVersion version) {
            each(listener -> listener.loaded(version));
        }

        @Override
        public void failed(VersionId version, CatalogVersion.Failure failure, Throwable cause, boolean news) {
            each(listener -> listener.failed(version, failure, cause, news));
        }

        @Override
        public void tampered(CatalogVersion version, Discrepancy how) {
            each(listener -> listener.tampered(version, how));
        }

        @Override
        public void deleted(List<VersionId> versions) {
            each(listener -> listener.deleted(versions));
        }

        @Override
        public void restored(List<VersionId> versions) {
            each(listener -> listener.restored(versions));
        }

        @Override
        public void moved(ModelName model, Targets before, Targets now) {
            each(listener -> listener.moved(model, before, now));
        }

        @Override
        public void policyChanged(ModelName model, List<HistoryEntry> news) {
            each(listener -> listener.policyChanged(model, news));
        }

        @Override
        public void policyUnknown(ModelName model, List<String> members) {
            each(listener -> listener.policyUnknown(model, members));
        }

        @Override
        public void policyUnreadable(ModelName model, String problem) {
            each(listener -> listener.policyUnreadable(model, problem));
        }

        @Override
        public void evicted(VersionId version, String reason) {
            each(listener -> listener.evicted(version, reason));
        }

        @Override
        public void memoryFull(VersionId version, long neededBytes, long freeBytes) {
            each(listener -> listener.memoryFull(version, neededBytes, freeBytes));
        }

        @Override
        public void storeFull(VersionId version, NoRoomException why) {
            each(listener -> listener.storeFull(version, why));
        }

        @Override
        public void registryStale(RegistryException cause, Duration age) {
            each(listener -> listener.registryStale(cause, age));
        }

        @Override
        public void notRemembered(LocalStoreException cause) {
            each(listener -> listener.notRemembered(cause));
        }

        @Override
        public void registryRecovered(Duration after) {
            each(listener -> listener.registryRecovered(after));
        }
    }
}
