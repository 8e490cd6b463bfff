package dev.serin.gateway.observe;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * One JSON object a line: {@code ts}, {@code level}, {@code event} (or {@code logger}), {@code message}, then the
 * fields. Control characters are escaped and long values cut, so that no caller can write lines of his own.
 */
final class JsonLineFormatter extends Formatter {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int LONGEST = 2_000;
    private static final int LONGEST_STACK = 20_000;

    @Override
    public String format(LogRecord record) {
        StringWriter line = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField(
                    "ts", record.getInstant().truncatedTo(ChronoUnit.MILLIS).toString());
            Optional<Event> event = Logs.eventOf(record);
            if (event.isPresent()) {
                write(json, event.get());
            } else {
                write(json, record);
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("A line of our own cannot be written", e);
        }
        return line.append('\n').toString();
    }

    private static void write(JsonGenerator json, Event event) throws IOException {
        json.writeStringField("level", Logs.level(event.level()));
        json.writeStringField("event", event.name());
        json.writeStringField("message", cut(event.sentence(), LONGEST));
        for (Map.Entry<String, Object> field : event.fields().entrySet()) {
            json.writeFieldName(field.getKey());
            write(json, field.getValue());
        }
        if (event.thrown().isPresent()) {
            json.writeStringField("stack", stack(event.thrown().get()));
        }
    }

    private void write(JsonGenerator json, LogRecord record) throws IOException {
        json.writeStringField("level", Logs.level(record.getLevel()));
        json.writeStringField("logger", String.valueOf(record.getLoggerName()));
        json.writeStringField("message", cut(formatMessage(record), LONGEST));
        if (record.getThrown() != null) {
            json.writeStringField("stack", stack(record.getThrown()));
        }
    }

    private static void write(JsonGenerator json, Object value) throws IOException {
        switch (value) {
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Double number -> json.writeNumber(number);
            case Boolean flag -> json.writeBoolean(flag);
            case Map<?, ?> map -> {
                json.writeStartObject();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    json.writeFieldName(String.valueOf(entry.getKey()));
                    write(json, entry.getValue());
                }
                json.writeEndObject();
            }
            case Iterable<?> list -> {
                json.writeStartArray();
                for (Object element : list) {
                    write(json, element);
                }
                json.writeEndArray();
            }
            default -> json.writeString(cut(value.toString(), LONGEST));
        }
    }

    private static String stack(Throwable thrown) {
        StringWriter stack = new StringWriter();
        thrown.printStackTrace(new PrintWriter(stack));
        return cut(stack.toString(), LONGEST_STACK);
    }

    private static String cut(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest) + "…";
    }
}
