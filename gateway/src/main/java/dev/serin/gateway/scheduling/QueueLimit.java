package dev.serin.gateway.scheduling;

/**
 * How many requests may wait for one version. A line takes up a burst; one that is full for long only makes everybody wait,
 * and as many are refused as if it were short. So each refusal halves the limit, down to what keeps the runs busy, and a
 * while without any lets it grow again. By the lock of {@link Lines}.
 */
final class QueueLimit {
    /** Between two cuts: those who came together with the first one refused say nothing new. */
    static final long PAUSE_NANOS = 20_000_000;

    /** Without a refusal, after which the limit grows by a quarter. */
    static final long CALM_NANOS = 100_000_000;

    private final Limit limit;
    private int requests;
    private long cutNanos;
    private long movedNanos; // refused, or grown
    private boolean cut;

    QueueLimit(Limit limit) {
        this.limit = limit;
        this.requests = limit.most();
    }

    /** {@return how many may wait now} */
    int requests(long now) {
        while (cut && now - movedNanos >= CALM_NANOS) {
            movedNanos += CALM_NANOS;
            requests = Math.min(limit.most(), requests + Math.max(1, requests / 4));
            cut = requests < limit.most();
        }
        return requests;
    }

    /**
     * Takes a request into account for which there was no room.
     *
     * @param busy requests that keep the runs busy: with fewer in line some of them would have to wait for callers
     */
    void refused(long now, int busy) {
        if (!limit.adapts()) {
            return;
        }
        if (!cut || now - cutNanos >= PAUSE_NANOS) {
            requests = Math.min(requests, Math.max(busy, requests / 2));
            cutNanos = now;
        }
        cut = true;
        movedNanos = now;
    }
}
