package dev.serin.gateway.scheduling;

import java.util.concurrent.TimeUnit;

/**
 * How many runs of one version there may be at a time, found by trying. While requests wait, now and then one run fewer or one more is
 * tried, before and after which the present number is measured for as long; it stays if it gets clearly more rows done, twice. What
 * is compared so is the same traffic within the same moment; a mean of run times by their number would compare requests of other sizes and other
 * hours. Nothing counts but what runs get done: no refusal, no bad request, and no time in which nobody waits. By the scheduler's
 * lock.
 */
final class RunLimit {
    /** A spell of measuring has so many runs at least, */
    static final int LEAST_RUNS = 16;

    /** and lasts so long at least. */
    static final long LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Until the first trial; after each that was for nothing twice as long until the next, up to a minute. */
    static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(64);

    /** So many times what is got done now. */
    private static final double BETTER = 1.1;

    private static final int WINS = 2;

    /** Spells of a trial: what is, what is tried, that again, and what is. */
    private static final boolean[] TRIES = {false, true, true, false};

    private final Limit limit;
    private int present;
    private int direction = -1; // of the next trial
    private long pauseNanos = FIRST_PAUSE_NANOS;
    private long restSince; // when the present rest began, once somebody has waited
    private boolean resting; // whether it has begun
    private int spell = -1; // of the trial under way; -1 while there is none
    private int wins;
    private long spellBegan;
    private int ends; // of runs, in this spell
    private int strangers; // runs that were begun in the spell before and end in this one
    private final double[] rows = new double[2]; // of the trial: as it is, as tried
    private final double[] nanos = new double[2];
    private double spellRows;

    RunLimit(Limit limit) {
        this.limit = limit;
        this.present = limit.most();
    }

    /** {@return how many there may be now} */
    int runs() {
        return spell >= 0 && TRIES[spell] ? present + direction : present;
    }

    /** A run has ended, and nobody waits for the next. */
    void calm() {
        if (spell >= 0) {
            spell = -1;
            wins = 0;
        }
        resting = false;
    }

    /**
     * A run has ended, and somebody waits.
     *
     * @param itsRows that it was for, at least 1
     */
    void ended(long now, int itsRows) {
        if (!limit.adapts() || limit.most() == 1) {
            return;
        }
        if (spell >= 0) {
            measure(now, itsRows);
        } else if (!resting) {
            resting = true;
            restSince = now;
        } else if (now - restSince >= pauseNanos) {
            beginTrial(now);
        }
    }

    private void beginTrial(long now) {
        if (present + direction < 1 || present + direction > limit.most()) {
            direction = -direction;
        }
        rows[0] = rows[1] = nanos[0] = nanos[1] = 0;
        begin(0, now);
    }

    private void begin(int which, long now) {
        strangers = runs();
        spell = which;
        spellBegan = now;
        ends = 0;
        spellRows = 0;
    }

    private void measure(long now, int itsRows) {
        if (strangers > 0) {
            strangers--;
            spellBegan = now;
            return;
        }
        ends++;
        spellRows += itsRows;
        if (ends < LEAST_RUNS || now - spellBegan < LEAST_NANOS) {
            return;
        }
        int side = TRIES[spell] ? 1 : 0;
        rows[side] += spellRows;
        nanos[side] += now - spellBegan;
        if (spell + 1 < TRIES.length) {
            begin(spell + 1, now);
        } else {
            endTrial(now);
        }
    }

    private void endTrial(long now) {
        boolean better = rows[1] / nanos[1] > BETTER * rows[0] / nanos[0];
        wins = better ? wins + 1 : 0;
        if (better && wins < WINS) {
            beginTrial(now);
            return;
        }
        if (better) {
            present += direction;
            pauseNanos = FIRST_PAUSE_NANOS;
        } else {
            direction = -direction;
            pauseNanos = Math.min(LONGEST_PAUSE_NANOS, 2 * pauseNanos);
        }
        wins = 0;
        spell = -1;
        restSince = now;
    }
}
