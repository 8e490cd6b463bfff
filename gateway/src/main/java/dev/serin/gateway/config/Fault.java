package dev.serin.gateway.config;

import java.util.Comparator;

/** Something wrong with the settings, and where it was written. */
record Fault(Setting.Source source, String text) {
    static final Comparator<Fault> ORDER = Comparator.comparing(Fault::source, Setting.Source.ORDER);

    @Override
    public String toString() {
        return source + ": " + text;
    }
}
