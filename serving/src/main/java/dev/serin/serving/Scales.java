package dev.serin.serving;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Weighs sessions by what the native heap grows by while they are made. Where several are made at once it is shared out by the
 * size of their files: so their sum is right, which is what a budget is for. What is done with a session later counts for
 * nothing: its runs give back what they take, while buffers of ours are given back when the heap is collected, and the JVM
 * compiles what is run. Thread-safe.
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

    /**
     * Has something closed, which takes milliseconds. Nobody who is being made is to be lighter for it: whoever begins or ends
     * meanwhile waits. What those in the middle of it take in these milliseconds is nobody's.
     */
    synchronized void whileClosing(Runnable close) {
        shareOut();
        try {
            close.run();
        } finally {
            before = inUse.get().orElse(0);
        }
    }

    /** {@return whether anybody can tell} By lock. */
    private boolean shareOut() {
        OptionalLong now = inUse.get();
        double grown = now.orElse(0) - before;
        before = now.orElse(0);
        long all = making.keySet().stream().mapToLong(each -> each.fileBytes).sum();
        making.replaceAll((each, bytes) -> bytes + grown * each.fileBytes / all);
        return now.isPresent();
    }

    private synchronized OptionalLong made(Weighing weighing) {
        boolean isKnown = shareOut();
        double bytes = making.getOrDefault(weighing, 0.0);
        making.remove(weighing);
        return isKnown && bytes >= 1 ? OptionalLong.of(Math.round(bytes)) : OptionalLong.empty();
    }

    private synchronized void forget(Weighing weighing) {
        making.remove(weighing);
    }

    /** One session that is being made. */
    final class Weighing implements AutoCloseable {
        private final long fileBytes;

        private Weighing(long fileBytes) {
            this.fileBytes = fileBytes;
        }

        /** {@return what the session weighs, now that it is made; empty where nobody can tell, or it seems to be nothing} */
        OptionalLong made() {
            return Scales.this.made(this);
        }

        /** It was not made, if that was not said before. */
        @Override
        public void close() {
            forget(this);
        }
    }
}
