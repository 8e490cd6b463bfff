package dev.serin.inference.json;

import dev.serin.inference.InvalidInputException;
import dev.serin.inference.InvalidInputException.Fault;
import java.util.ArrayList;
import java.util.List;

/** Collects what does not fit in one request, so that its sender learns of it all at once. */
final class Faults {
    private static final int MAX = 20;

    private final List<Fault> faults = new ArrayList<>(0);

    /**
     * Adds a fault.
     *
     * @throws InvalidInputException when there are enough of them
     */
    void add(String pointer, String rule, String detail) {
        faults.add(new Fault(pointer, rule, detail));
        if (faults.size() == MAX) {
            throwIfAny();
        }
    }

    boolean isEmpty() {
        return faults.isEmpty();
    }

    /** Throws what has been collected, if anything. */
    void throwIfAny() {
        if (!faults.isEmpty()) {
            String first = faults.getFirst().detail();
            int more = faults.size() - 1;
            throw new InvalidInputException(
                    InvalidInputException.Kind.MISFIT,
                    more == 0 ? first : "%s And %d more.".formatted(first, more),
                    faults);
        }
    }
}
