package dev.serin.gateway.observe;

import java.util.function.Consumer;

/** Where events go: to a logger, and what asks for attention is counted. Thread-safe. */
public final class EventLog {
    /** Name of the operators' log. */
    static final String EVENTS = "serin.events";

    /** Name of the log of requests. */
    static final String ACCESS = "serin.access";

    private final System.Logger logger;
    private final Consumer<String> attention;

    private EventLog(System.Logger logger, Consumer<String> attention) {
        this.logger = logger;
        this.attention = attention;
    }

    /** The operators' story; WARNING and ERROR are counted. */
    public static EventLog events(Metrics metrics) {
        return new EventLog(System.getLogger(EVENTS), metrics::attention);
    }

    /** One line per request. */
    static EventLog access() {
        return new EventLog(System.getLogger(ACCESS), _ -> {});
    }

    /** Tells it. */
    public void tell(Event event) {
        if (event.level().getSeverity() >= System.Logger.Level.WARNING.getSeverity()) {
            attention.accept(event.name());
        }
        logger.log(event.level(), event.sentence(), event); // the formatters of this package know the parameter
    }

    boolean isOn() {
        return logger.isLoggable(System.Logger.Level.INFO);
    }
}
