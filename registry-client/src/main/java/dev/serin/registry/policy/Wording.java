package dev.serin.registry.policy;

import dev.serin.registry.ModelPolicy.HistoryEntry;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** How changes of a policy are told. */
public final class Wording {
    /** Between words; {@code 5 %} is one. */
    private static final String WORDS = " (?!%)";

    private Wording() {}

    /** {@return {@code 5 %}, {@code 2.5 %}} */
    public static String percent(double percent) {
        return number(percent) + " %";
    }

    /**
     * {@return what a change did, in words: {@code canary 4 from 5 % to 25 %}} What its two sides have in common is said
     * once; a change with one side is told by that, and one with none by its command.
     */
    public static String change(HistoryEntry entry) {
        Optional<String> from = entry.from();
        Optional<String> to = entry.to();
        if (from.isPresent() && to.isPresent()) {
            return fromTo(List.of(from.get().split(WORDS)), List.of(to.get().split(WORDS)));
        }
        return to.or(() -> from.map(gone -> gone + " no more")).orElse(entry.command());
    }

    private static String fromTo(List<String> from, List<String> to) {
        int common = 0;
        while (common < Math.min(from.size(), to.size()) - 1 && from.get(common).equals(to.get(common))) {
            common++;
        }
        String subject = common == 0 ? "" : String.join(" ", from.subList(0, common)) + " ";
        return "%sfrom %s to %s"
                .formatted(
                        subject,
                        String.join(" ", from.subList(common, from.size())),
                        String.join(" ", to.subList(common, to.size())));
    }

    /** {@return {@code 12 s ago}, {@code 5 min ago}; a clock that lags behind another's says {@code just now}} */
    static String age(Duration age) {
        if (age.toSeconds() < 1) {
            return "just now";
        }
        if (age.toMinutes() < 2) {
            return age.toSeconds() + " s ago";
        }
        if (age.toHours() < 2) {
            return age.toMinutes() + " min ago";
        }
        return age.toDays() < 2 ? age.toHours() + " h ago" : age.toDays() + " days ago";
    }

    /** {@return a number without zeros at its end} */
    static String number(double value) {
        return plain(value).toPlainString();
    }

    /** {@return a number as files have it: 5 and not 5.0, 0.01 and not 1E-2} */
    static BigDecimal plain(double value) {
        BigDecimal number = BigDecimal.valueOf(value).stripTrailingZeros();
        return number.scale() < 0 ? number.setScale(0) : number;
    }
}
