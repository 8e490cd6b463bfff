package dev.serin.gateway.scheduling;

import java.util.concurrent.TimeUnit;

/**
 * How many runs of one version there may be at a time, found by trying. While requests wait, now and then one run fewer or one
 * more is tried, before and after which the present number is measured for as long; it stays if it gets clearly more rows done,
 * twice. So the same traffic is compared within the same moment; a mean of run times by their number would compare requests of
 * other sizes and other hours. Nothing counts but what runs get done: no refusal, no bad request, and no time in which nobody
 * waits. By the lock of {@link Lines}.
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

    /** What is so much worse in its first spell gets no second. */
    private static final double WORSE = 0.8;

    /** So many times as long as a trial took, nothing is tried: half as much done meanwhile costs a hundredth. */
    private static final int REST = 25;

    /** What was found in a crowd holds no more after so many runs without one. */
    private static final int CALM_RUNS = 1_000;

    /** Spells of a trial: what is, what is tried, that again, and what is. */
    private static final boolean[] TRIES = {false, true, true, false};

    private final Limit limit;
    private int present;
    private int direction = -1; // of the next trial
    private long pauseNanos = FIRST_PAUSE_NANOS;
    private long restSince; // when the present rest began, once somebody has waited
    private boolean resting; // whether it has begun
    private long trialBegan;
    private int calmRuns; // since the limit was found
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
        spell = -1;
        wins = 0;
        if (present < limit.most() && ++calmRuns >= CALM_RUNS) {
            present = limit.most();
            calmRuns = 0;
        }
    }

    /**
     * A run has ended, and somebody waits.
     *
     * @param itsRows of which something came
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
        trialBegan = now;
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
        if (spell + 1 == TRIES.length || (spell == 1 && gain() < WORSE)) {
            endTrial(now);
        } else {
            begin(spell + 1, now);
        }
    }

    /** {@return how many times as much is done as tried as it is otherwise} */
    private double gain() {
        return rows[1] / nanos[1] / (rows[0] / nanos[0]);
    }

    private void endTrial(long now) {
        boolean better = gain() > BETTER;
        wins = better ? wins + 1 : 0;
        if (better && wins < WINS) {
            beginTrial(now);
            return;
        }
        if (better) {
            present += direction;
            pauseNanos = FIRST_PAUSE_NANOS;
            calmRuns = 0;
        } else {
            direction = -direction;
            pauseNanos = Math.max(Math.min(LONGEST_PAUSE_NANOS, 2 * pauseNanos), REST * (now - trialBegan));
        }
        wins = 0;
        spell = -1;
        restSince = now;
    }
}
