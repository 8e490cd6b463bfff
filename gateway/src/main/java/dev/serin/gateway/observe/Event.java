package dev.serin.gateway.observe;

import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One thing that an operator may want to know.
 *
 * @param name what happened: {@code version.loaded}
 * @param subject to whom: {@code iris/2}, or empty
 * @param message the rest of the sentence
 * @param fields for machines, in order; values are strings, numbers, booleans, or lists and maps of them
 * @param notes further lines, for people only
 * @param thrown what is printed with its stack
 */
public record Event(
        Level level,
        String name,
        String subject,
        String message,
        Map<String, Object> fields,
        List<String> notes,
        Optional<Throwable> thrown) {
    public Event {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        notes = List.copyOf(notes);
    }

    /** {@return an event without fields} */
    public static Event of(Level level, String name, String subject, String message) {
        return new Event(level, name, subject, message, Map.of(), List.of(), Optional.empty());
    }

    /** {@return the same with a field more} */
    public Event with(String field, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(fields);
        more.put(field, value);
        return new Event(level, name, subject, message, more, notes, thrown);
    }

    /** {@return the same with further lines for people} */
    public Event note(List<String> lines) {
        return new Event(level, name, subject, message, fields, lines, thrown);
    }

    /** {@return the same with what was thrown} */
    public Event because(Throwable failure) {
        return new Event(level, name, subject, message, fields, notes, Optional.of(failure));
    }

    /** {@return the word that begins its line on a terminal: {@code loaded}, {@code registry}} */
    String label() {
        int dot = name.indexOf('.');
        String room = name.substring(0, dot);
        return room.equals("config") || room.equals("registry") ? room : name.substring(dot + 1);
    }

    /** {@return subject and message as one sentence} */
    String sentence() {
        return subject.isEmpty() ? message : subject + " " + message;
    }
}
