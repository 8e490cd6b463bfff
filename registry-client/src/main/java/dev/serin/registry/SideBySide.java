package dev.serin.registry;

import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** Many small requests that do not wait for each other. */
public final class SideBySide {
    /** Far below the 5,500 reads a second that S3 grants a prefix, and enough to hide the 30 ms that each takes there. */
    public static final int REQUESTS = 16;

    private SideBySide() {}

    /**
     * Does the same with each, {@link #REQUESTS} at a time on threads of their own, all of which have ended when it
     * returns. The first failure is thrown, and what was not begun before it is left alone.
     */
    public static <T> void each(Collection<T> items, Consumer<T> action) {
        Queue<T> due = new ConcurrentLinkedQueue<>(items);
        Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < Math.min(REQUESTS, items.size()); i++) {
                threads.execute(() -> {
                    for (T item = due.poll(); item != null; item = due.poll()) {
                        try {
                            action.accept(item);
                        } catch (RuntimeException e) {
                            failures.add(e);
                            due.clear();
                        }
                    }
                });
            }
        }
        failures.stream().findFirst().ifPresent(first -> {
            throw first;
        });
    }
}
