package dev.serin.gateway.observe;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Sets up the log of the process: our own lines from INFO, those of libraries from WARNING, all to standard output.
 * Done in code, so that no properties file can be forgotten.
 */
public final class Logs {
    private static final Logger ROOT = Logger.getLogger("");
    private static final List<Logger> OURS =
            List.of(Logger.getLogger("serin"), Logger.getLogger("dev.serin")); // held: loggers are weak

    private Logs() {}

    /**
     * Replaces whatever logging there was.
     *
     * @param terminal whether a person looks on
     */
    public static void install(ObserveConfig config, boolean terminal) {
        boolean text = switch (config.format()) {
            case AUTO -> terminal;
            case TEXT -> true;
            case JSON -> false;
        };
        for (Handler former : ROOT.getHandlers()) {
            ROOT.removeHandler(former);
        }
        ROOT.addHandler(new Lines(System.out, text ? new TextFormatter() : new JsonLineFormatter()));
        ROOT.setLevel(Level.WARNING);
        OURS.forEach(logger -> logger.setLevel(Level.INFO));
    }

    /** {@return the event that a record carries} */
    static Optional<Event> eventOf(LogRecord record) {
        Object[] parameters = record.getParameters();
        return parameters != null && parameters.length == 1 && parameters[0] instanceof Event event
                ? Optional.of(event)
                : Optional.empty();
    }

    static String level(System.Logger.Level level) {
        return level == System.Logger.Level.WARNING ? "WARN" : level.getName();
    }

    static String level(Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (level.intValue() >= Level.WARNING.intValue()) {
            return "WARN";
        }
        return level.intValue() >= Level.INFO.intValue() ? "INFO" : "DEBUG";
    }

    /** Writes each record whole and at once. */
    private static final class Lines extends Handler {
        private final PrintStream out;

        Lines(PrintStream out, Formatter formatter) {
            this.out = out;
            setFormatter(formatter);
        }

        @Override
        public void publish(LogRecord record) {
            if (isLoggable(record)) {
                byte[] line = getFormatter().format(record).getBytes(StandardCharsets.UTF_8);
                out.write(line, 0, line.length);
                out.flush();
            }
        }

        @Override
        public void flush() {
            out.flush();
        }

        @Override
        public void close() {
            flush(); // standard output is not ours to close
        }
    }
}
