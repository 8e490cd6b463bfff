package dev.serin.gateway.observe;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** Aligned text for people at a terminal: what happened, to whom, and the rest of the sentence. */
final class TextFormatter extends Formatter {
    private static final int LABEL = 10;
    private static final int SUBJECT = 12;

    @Override
    public String format(LogRecord record) {
        Optional<Event> event = Logs.eventOf(record);
        StringBuilder text = new StringBuilder();
        if (event.isPresent()) {
            append(text, event.get());
        } else {
            text.append(pad(Logs.level(record.getLevel()).toLowerCase(Locale.ROOT), LABEL))
                    .append(oneLine(record.getLoggerName() + ": " + formatMessage(record)))
                    .append('\n');
            append(text, Optional.ofNullable(record.getThrown()));
        }
        return text.toString();
    }

    private static void append(StringBuilder text, Event event) {
        boolean banner = event.name().equals("gateway.starting"); // the one line that speaks for itself
        text.append(banner ? "" : pad(event.label(), LABEL))
                .append(event.subject().isEmpty() ? "" : pad(oneLine(event.subject()), SUBJECT))
                .append(oneLine(event.message()))
                .append('\n');
        event.notes()
                .forEach(note ->
                        text.append(" ".repeat(LABEL)).append(oneLine(note)).append('\n'));
        append(text, event.thrown());
    }

    private static void append(StringBuilder text, Optional<Throwable> thrown) {
        thrown.ifPresent(failure -> {
            StringWriter stack = new StringWriter();
            failure.printStackTrace(new PrintWriter(stack));
            text.append(stack.toString().replace("\u001b", "\uFFFD"));
        });
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(1, width - text.length()));
    }

    /** No caller writes a second line or colours the screen. */
    private static String oneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints()
                .map(sign -> Character.isISOControl(sign) ? '\uFFFD' : sign)
                .forEach(line::appendCodePoint);
        return line.toString();
    }
}
