package dev.serin.benchmarks;

import java.util.List;

/**
 * One row of the table.
 *
 * @param what one line for people
 * @param limits what is asked; all must be met by the medians over the rounds
 * @param rounds how many rounds suffice, however many are wanted
 */
record Row(String name, String what, List<Limit> limits, int rounds, Preparation preparation, Measurement measurement) {
    private static final int AS_MANY_AS_WANTED = Integer.MAX_VALUE;

    Row {
        limits = List.copyOf(limits);
    }

    static Row of(String name, String what, List<Limit> limits, Preparation preparation, Measurement measurement) {
        return new Row(name, what, limits, AS_MANY_AS_WANTED, preparation, measurement);
    }

    /** The same, in one round. */
    Row once() {
        return new Row(name, what, limits, 1, preparation, measurement);
    }

    /** What comes before the first round: warming up, a first answer that is compared. */
    @FunctionalInterface
    interface Preparation {
        Preparation NONE = _ -> {};

        void prepare(Bench bench) throws Exception;
    }

    /** One round. */
    @FunctionalInterface
    interface Measurement {
        /** @throws WrongAnswerException when a server answered what the row does not allow */
        Figures measure(Bench bench) throws Exception;
    }

    /** {@return how the row came out} A round without a figure that is asked for counts as one with the worst. */
    Verdict judge(List<Figures> measured) {
        return limits.stream()
                        .allMatch(limit -> limit.isMetBy(Figures.median(measured.stream()
                                .mapToDouble(round -> round.get(limit.figure()))
                                .map(value -> Double.isNaN(value) ? limit.worst() : value)
                                .toArray())))
                ? Verdict.MET
                : Verdict.MISSED;
    }
}
