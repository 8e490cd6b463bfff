package dev.serin.gateway.sessions;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Keeps what it is to run until the test says so. */
final class ManualTimer extends ScheduledThreadPoolExecutor {
    private final List<Runnable> tasks = new ArrayList<>(); // guarded by this

    ManualTimer() {
        super(1, Thread.ofPlatform().daemon().factory());
    }

    @Override
    public synchronized ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        tasks.add(task);
        return super.schedule(() -> {}, 1, TimeUnit.DAYS);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initialDelay, long delay, TimeUnit unit) {
        return schedule(task, initialDelay, unit);
    }

    /** {@return how many tasks wait} */
    synchronized int waiting() {
        return tasks.size();
    }

    /** Runs the tasks that wait, here and now; those that repeat have to be asked for again. */
    void run() {
        List<Runnable> due;
        synchronized (this) {
            due = List.copyOf(tasks);
        }
        due.forEach(Runnable::run);
    }
}
