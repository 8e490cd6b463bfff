package dev.serin.gateway.scheduling;

import dev.serin.gateway.scheduling.RunScheduler.Ran;
import dev.serin.inference.Deadline;
import dev.serin.inference.DeadlineExceededException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One request on its way through a line: made and awaited by its own thread, run by that or by another. */
final class Entry<R> implements Comparable<Entry<?>> {
    /** What its own thread is to do next. */
    enum Outcome {
        /** Run it, if the slot to which it was called is still its own. */
        LEADS,
        /** Take what came of it. */
        DONE,
        /** Leave the line, if the scheduler finds that no slot is on its way: the time to wait has passed. */
        LATE
    }

    /** How far it is. Each but the first two is left by the thread that runs it, or by its own where that is said. */
    private enum State {
        /** In line. Its own thread may leave, under the lock of the lines. */
        WAITING,
        /** Its own thread is called to a slot, which another may take before it comes. */
        LEADS,
        /** What it works on is being used, or what its lease holds: its own thread stays, whatever the time. */
        IN_USE,
        /** In a batch that runs on copies, or has failed. Its own thread may leave. */
        COPIED,
        /** There is a result or a failure. */
        DONE,
        /** Its own thread has left. */
        LEFT
    }

    /** Past its deadline a thread that must stay looks this often whether it may leave. */
    private static final long LEAST_PARK_NANOS = 1_000_000;

    final Work<R> work;
    final Deadline until;
    final int rows; // asked once, by its own thread
    private final Priority priority;
    final long arrivedNanos = System.nanoTime();
    private final Thread thread = Thread.currentThread();
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private boolean calledBack; // by lock
    private @Nullable Ran<R> ran; // as the failure, written before DONE
    private @Nullable RuntimeException failure;

    Entry(Work<R> work, Deadline until) {
        this.work = work;
        this.until = until;
        this.rows = work.rows();
        this.priority = work.priority();
    }

    /** Calls its own thread to a slot. By lock. */
    void lead() {
        state.set(State.LEADS);
        LockSupport.unpark(thread);
    }

    /** Takes that back: it is in line again. By lock, which its own thread needs to take the slot. */
    void callBack() {
        calledBack = true;
        state.set(State.WAITING);
    }

    /** {@return whether it lost its slot once already} By lock. */
    boolean wasCalledBack() {
        return calledBack;
    }

    boolean hasNoPriorityOver(Entry<?> other) {
        return priority.compareTo(other.priority) >= 0;
    }

    /** {@return whether something came of it, which is no failure} By the thread that has run it. */
    boolean hasResult() {
        return ran != null;
    }

    /** Takes it out of the line to be run. By lock, or by its own thread. */
    void use() {
        state.set(State.IN_USE);
    }

    /** Lets its own thread leave from now on, if it has not left. */
    void copied() {
        state.compareAndSet(State.IN_USE, State.COPIED);
    }

    /** {@return whether its own thread is still there, which then has to stay} */
    boolean useAgain() {
        return state.compareAndSet(State.COPIED, State.IN_USE);
    }

    /** Keeps what came of it; its own thread is told by {@link #end}. */
    void done(Ran<R> result) {
        ran = result;
    }

    /** The same of a failure. */
    void failed(RuntimeException cause) {
        failure = cause;
    }

    /** Lets its own thread go on, once the slot is free again: who asks for the next thing at once must find it so. */
    void end() {
        State before = state.getAndUpdate(present -> present == State.LEFT ? State.LEFT : State.DONE);
        if (before != State.LEFT && before != State.DONE && thread != Thread.currentThread()) {
            LockSupport.unpark(thread);
        }
    }

    boolean isWaiting() {
        return state.get() == State.WAITING;
    }

    /**
     * Waits until there is something for its own thread to do.
     *
     * @throws DeadlineExceededException when the work's own deadline has passed, and nothing of it is in use any more
     */
    Outcome await() {
        while (true) {
            switch (state.get()) {
                case LEADS -> {
                    return Outcome.LEADS;
                }
                case DONE -> {
                    return Outcome.DONE;
                }
                case WAITING -> {
                    if (!parkUntil(until)) {
                        return Outcome.LATE;
                    }
                }
                case IN_USE -> parkWhateverComes(State.IN_USE);
                case COPIED -> {
                    if (!work.deadline().hasPassed()) {
                        parkWhateverComes(State.COPIED);
                    } else if (state.compareAndSet(State.COPIED, State.LEFT)) {
                        throw new DeadlineExceededException();
                    }
                }
                case LEFT -> throw new DeadlineExceededException();
            }
        }
    }

    /**
     * Until the state is another one, of which nobody may tell, or the deadline has passed; also when somebody wants the thread
     * to end, which it is told again afterwards.
     */
    private void parkWhateverComes(State present) {
        boolean interrupted = Thread.interrupted();
        do {
            LockSupport.parkNanos(
                    this, Math.max(LEAST_PARK_NANOS, work.deadline().remainingNanos()));
            interrupted |= Thread.interrupted();
        } while (state.get() == present && !work.deadline().hasPassed());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** {@return false when the time has passed, or somebody wants the thread to end} */
    private boolean parkUntil(Deadline deadline) {
        long nanos = deadline.remainingNanos();
        if (nanos <= 0 || Thread.currentThread().isInterrupted()) {
            return false;
        }
        LockSupport.parkNanos(this, nanos);
        return true;
    }

    /** {@return what came of it, once it is {@link State#DONE}} */
    Ran<R> result() {
        if (failure != null) {
            throw failure;
        }
        if (ran == null) {
            throw new IllegalStateException("A run ended in an error that could not be kept");
        }
        return ran;
    }

    @Override
    public int compareTo(Entry<?> other) {
        int first = priority.compareTo(other.priority);
        return first != 0 ? first : until.compareTo(other.until);
    }
}
