package dev.serin.gateway.config;

import java.util.List;
import java.util.stream.Collectors;

/** The settings are wrong. The message names every fault with its place and what would be right. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final int SHOWN = 20;

    /** All faults of all sources, at least one. */
    public ConfigException(List<String> faults) {
        super(message(faults));
    }

    private static String message(List<String> faults) {
        if (faults.size() == 1) {
            return faults.getFirst();
        }
        String shown = faults.stream().limit(SHOWN).map(fault -> "\n  " + fault).collect(Collectors.joining());
        String more = faults.size() > SHOWN ? "\n  and %d more".formatted(faults.size() - SHOWN) : "";
        return "%d settings are wrong%s%s".formatted(faults.size(), shown, more);
    }
}
