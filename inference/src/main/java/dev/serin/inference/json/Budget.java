package dev.serin.inference.json;

import dev.serin.inference.InvalidInputException;

/** How many more values one body may have: elements, and lists and rows, which may be empty. */
final class Budget {
    private final int limit;
    private long left;

    Budget(int limit) {
        this.limit = limit;
        this.left = limit;
    }

    void takeOne() {
        take(1);
    }

    void take(int values) {
        left -= values;
        if (left < 0) {
            throw new InvalidInputException(
                    InvalidInputException.Kind.MISFIT,
                    "The body has more than %d values, the limit. Split it into several requests.".formatted(limit));
        }
    }
}
