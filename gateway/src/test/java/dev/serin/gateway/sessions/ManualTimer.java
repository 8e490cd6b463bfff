package dev.serin.gateway.sessions;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Keeps what it is to run until the test says so, and after how long it was to run. */
final class ManualTimer extends ScheduledThreadPoolExecutor {
    private final List<Task> tasks = new ArrayList<>(); // guarded by this

    private record Task(Runnable action, Duration delay) {}

    ManualTimer() {
        super(1, Thread.ofPlatform().daemon().factory());
    }

    @Override
    public synchronized ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        tasks.add(new Task(task, Duration.of(delay, unit.toChronoUnit())));
        return super.schedule(() -> {}, 1, TimeUnit.DAYS);
    }

    /** {@return how many tasks wait} */
    synchronized int waiting() {
        return tasks.size();
    }

    /** Runs the tasks that wait, here and now. */
    void run() {
        List<Task> due;
        synchronized (this) {
            due = List.copyOf(tasks);
        }
        due.forEach(task -> task.action().run());
    }

    /** Takes the one task that waits; {@return it and its delay} */
    synchronized Map.Entry<Duration, Runnable> take() {
        if (tasks.size() != 1) {
            throw new AssertionError("one task should wait, and %d do".formatted(tasks.size()));
        }
        Task task = tasks.removeFirst();
        return Map.entry(task.delay(), task.action());
    }
}
