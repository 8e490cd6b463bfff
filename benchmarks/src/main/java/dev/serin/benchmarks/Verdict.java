package dev.serin.benchmarks;

import java.util.Locale;

/** How a row came out. */
enum Verdict {
    MET,
    MISSED,
    /** A server answered what it must not. */
    WRONG,
    /** The row did not come to its end. */
    FAILED,
    /** It was not measured, for a reason that lies in the machine or the options. */
    SKIPPED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
