package dev.serin.gateway.scheduling;

import dev.serin.inference.Deadline;
import java.util.List;

/**
 * What one request wants to be run, alone or with others as one run. Its caller waits for it, and takes away what it
 * works on once he has his answer, or gives up.
 *
 * @param <R> what comes of it
 */
public interface Work<R> {
    /** Runs it alone. */
    R run();

    /** {@return when it is of no use any more} */
    Deadline deadline();

    default Priority priority() {
        return Priority.DEFAULT;
    }

    /**
     * Tells that a run of it begins; called by the thread that runs. Once more when a run for several has failed.
     *
     * @param requests that the run is for
     */
    default void begins(int requests) {}

    /** {@return how many rows of a batch it takes; 0 when it can run alone only} */
    default int rows() {
        return 0;
    }

    /** {@return whether both can be in one batch; asked where both have rows} */
    default boolean joins(Work<R> other) {
        return false;
    }

    /** {@return one run of several that join each other, which needs none of them any more once it is made} */
    default Together<R> together(List<? extends Work<R>> all) {
        throw new UnsupportedOperationException("This runs alone");
    }

    /** Several of one kind as one run. */
    interface Together<R> extends AutoCloseable {
        /**
         * {@return what comes of each, in their order}
         *
         * @throws dev.serin.inference.InferenceException when the run fails, be it for one of them only
         */
        List<R> run(Deadline deadline);

        @Override
        void close();
    }
}
