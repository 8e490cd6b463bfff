package dev.serin.gateway.rollout;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Optional;

/** What a guard holds a canary to. */
public enum Rule {
    /** Share of the requests that failed by the version's fault. */
    ERRORS("errors"),
    /** How many times as slow as the primary half of the runs are. */
    P50("p50"),
    /** How many times as slow as the primary one run in a hundred is. */
    P99("p99"),
    /** Share of the compared answers that differ from the primary's. */
    DISAGREEMENT("disagreement");

    private final String label;

    Rule(String label) {
        this.label = label;
    }

    /** {@return the spelling in {@code model.json}, logs and metrics} */
    public String label() {
        return label;
    }

    /** {@return the rule of this spelling; people may have written another word into {@code model.json}} */
    public static Optional<Rule> of(String label) {
        return Arrays.stream(values()).filter(rule -> rule.label.equals(label)).findFirst();
    }

    /** {@return {@code errors 3.1 % > 1 %}, {@code p99 1.8 × > 1.5 × the primary's}, with the digits that tell them apart} */
    public String above(double measured, double limit) {
        int digits = 2;
        while (digits < 12 && digits(scaled(measured), digits).equals(digits(scaled(limit), digits))) {
            digits++;
        }
        String left = digits(scaled(measured), digits);
        String right = digits(scaled(limit), Math.max(digits, 6));
        return switch (this) {
            case ERRORS, DISAGREEMENT -> "%s %s %% > %s %%".formatted(label, left, right);
            case P50, P99 -> "%s %s × > %s × the primary's".formatted(label, left, right);
        };
    }

    private double scaled(double value) {
        return switch (this) {
            case ERRORS, DISAGREEMENT -> 100 * value;
            case P50, P99 -> value;
        };
    }

    private static String digits(double value, int digits) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits));
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }
}
