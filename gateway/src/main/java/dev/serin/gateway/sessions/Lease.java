package dev.serin.gateway.sessions;

import dev.serin.serving.Servable;
import java.util.concurrent.atomic.AtomicBoolean;

/** One use of a loaded version; closing it again does nothing. The servable must not be used afterwards. */
public final class Lease implements AutoCloseable {
    final SessionCache.Entry entry;
    private final Servable servable;
    private long waitedNanos; // set before it is lent
    private final AtomicBoolean open = new AtomicBoolean(true);

    Lease(SessionCache.Entry entry, Servable servable) {
        this.entry = entry;
        this.servable = servable;
    }

    public Servable servable() {
        return servable;
    }

    /** {@return how long its taker waited for a load; 0 when the version was there} */
    public long waitedNanos() {
        return waitedNanos;
    }

    Lease after(long nanos) {
        waitedNanos = nanos;
        return this;
    }

    @Override
    public void close() {
        if (open.getAndSet(false)) {
            entry.release();
        }
    }
}
