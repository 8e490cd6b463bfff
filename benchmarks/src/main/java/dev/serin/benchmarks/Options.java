package dev.serin.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How to run.
 *
 * @param seconds length of one leg
 * @param quick whether this is only to see that all rows come to an end
 * @param rows names of the rows that are wanted; empty is all
 * @param lines whether to print a JSON line for each row instead of the table
 * @param json where to write the figures beside the usual place
 */
record Options(
        int rounds,
        int seconds,
        boolean quick,
        boolean peers,
        boolean profile,
        boolean lines,
        Optional<Path> json,
        List<String> rows) {
    static final String USAGE = """
        Usage: benchmarks/run [--rounds N] [--seconds S] [--quick] [--peers] [--profile] [--lines] [--json FILE] [ROW …]
          --rounds N    rounds of each row, whose median counts (3)
          --seconds S   length of one leg of a round (10)
          --quick       one round, 2 s: shows that every row comes to an end, not what it comes to
          --peers       the same requests to FastAPI too; needs Python and a package index
          --profile     records the gateway with JFR, and prints where its threads had the cores
          --lines       prints a JSON line for each row, and the table to the standard error
          --json FILE   writes the figures there too
          ROW           only these, such as iris-32; health is watched with all of them\
        """;

    Options {
        rows = List.copyOf(rows);
    }

    /** @throws IllegalArgumentException with a sentence for whoever typed them */
    static Options parse(List<String> arguments) {
        int rounds = 3;
        int seconds = 10;
        boolean quick = false;
        boolean peers = false;
        boolean profile = false;
        boolean lines = false;
        Optional<Path> json = Optional.empty();
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            switch (argument) {
                case "--rounds" -> rounds = positive(argument, value(arguments, ++i, argument));
                case "--seconds" -> seconds = positive(argument, value(arguments, ++i, argument));
                case "--json" -> json = Optional.of(Path.of(value(arguments, ++i, argument)));
                case "--peers" -> peers = true;
                case "--profile" -> profile = true;
                case "--lines" -> lines = true;
                case "--quick" -> {
                    quick = true;
                    rounds = 1;
                    seconds = 2;
                }
                default -> {
                    if (argument.startsWith("-")) {
                        throw new IllegalArgumentException("There is no option " + argument);
                    }
                    rows.add(argument);
                }
            }
        }
        return new Options(rounds, seconds, quick, peers, profile, lines, json, rows);
    }

    private static String value(List<String> arguments, int index, String option) {
        if (index >= arguments.size()) {
            throw new IllegalArgumentException(option + " needs a value");
        }
        return arguments.get(index);
    }

    private static int positive(String option, String value) {
        if (!value.matches("[1-9][0-9]{0,5}")) {
            throw new IllegalArgumentException("%s needs a number from 1 on, got '%s'".formatted(option, value));
        }
        return Integer.parseInt(value);
    }

    /** {@return how long one leg takes} */
    Duration leg() {
        return Duration.ofSeconds(seconds);
    }

    /** {@return this in a full run, as much as a quick one can spare else} */
    Duration orQuick(Duration full) {
        return quick ? leg() : full;
    }

    int orQuick(int full, int few) {
        return quick ? few : full;
    }

    boolean wants(String row) {
        return rows.isEmpty() || rows.contains(row);
    }
}
