package dev.serin.serving;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Weighs sessions by what the native heap grows by while they are made. Where several are made at once it is shared out by the size of
 * their files: the sum is right, and that is what a budget is for. What is done with a session later counts for nothing: its runs give back what
 * they take, while buffers of ours are given back when the heap is collected, and the JVM compiles what is run. Thread-safe.
 */
final class Scales {
    private final Supplier<OptionalLong> inUse;
    private final Map<Weighing, Double> making = new HashMap<>(); // what each grew by so far; guarded by this
    private long before; // in use when last looked; guarded by this

    /** @param inUse bytes of the native heap; empty where nobody can tell */
    Scales(Supplier<OptionalLong> inUse) {
        this.inUse = inUse;
    }

    /**
     * The making of a session begins.
     *
     * @param fileBytes of its version
     */
    synchronized Weighing begin(long fileBytes) {
        shareOut();
        Weighing weighing = new Weighing(Math.max(1, fileBytes));
        making.put(weighing, 0.0);
        return weighing;
    }

    /** Has something closed; nobody who is being made is to be lighter for it. */
    void whileClosing(Runnable close) {
        synchronized (this) {
            shareOut();
        }
        try {
            close.run();
        } finally {
            synchronized (this) {
                before = now();
            }
        }
    }

    private void shareOut() {
        long now = now();
        double grown = now - before;
        before = now;
        long all = making.keySet().stream().mapToLong(each -> each.fileBytes).sum();
        making.replaceAll((each, bytes) -> bytes + grown * each.fileBytes / all);
    }

    private long now() {
        return inUse.get().orElse(0);
    }

    private synchronized OptionalLong end(Weighing weighing) {
        shareOut();
        Double bytes = making.remove(weighing);
        return bytes == null || inUse.get().isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(Math.round(Math.max(0, bytes)));
    }

    /** One session that is being made. */
    final class Weighing implements AutoCloseable {
        private final long fileBytes;

        private Weighing(long fileBytes) {
            this.fileBytes = fileBytes;
        }

        /** {@return what the session weighs, now that it is made; empty where nobody can tell} */
        OptionalLong made() {
            return end(this);
        }

        /** It was not made, if that was not said before. */
        @Override
        public void close() {
            var _ = end(this);
        }
    }
}
