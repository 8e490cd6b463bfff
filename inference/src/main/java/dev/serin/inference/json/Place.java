package dev.serin.inference.json;

import dev.serin.inference.Signature.Port;

/**
 * Where in the body an input's values stand, for messages.
 *
 * @param pointer to the outermost value, or to the list of rows
 * @param name of the member that stands between row and value, empty for none
 */
record Place(String pointer, boolean isRows, String name) {
    static final Place NOWHERE = value("#");

    static Place value(String pointer) {
        return new Place(pointer, false, "");
    }

    static Place rows(String pointer) {
        return new Place(pointer, true, "");
    }

    static Place namedRows(String pointer, String name) {
        return new Place(pointer, true, name);
    }

    /** {@return a pointer to the value at these indexes} */
    String pointer(int[] indexes, int depth) {
        StringBuilder text = new StringBuilder(pointer);
        for (int i = 1; i <= depth; i++) {
            text.append('/').append(indexes[i]);
            if (i == 1 && !name.isEmpty()) {
                text.replace(0, text.length(), Pointer.member(text.toString(), name));
            }
        }
        return text.toString();
    }

    /** {@return what a sentence on one value is about} */
    String subject(Port port, int[] indexes) {
        String input = "Input '%s'".formatted(Texts.cut(port.name()));
        return isRows ? input + " of instance " + indexes[1] : input;
    }

    /** {@return where in its subject that value stands, with a space in front; empty for the subject itself} */
    String at(int[] indexes, int depth) {
        StringBuilder text = new StringBuilder();
        for (int i = isRows ? 2 : 1; i <= depth; i++) {
            text.append('[').append(indexes[i]).append(']');
        }
        return text.isEmpty() ? "" : " at " + text;
    }

    /** {@return a name for the list at these indexes} */
    String list(int[] indexes, int depth) {
        if (depth == 1) {
            return (isRows ? "instance " : "row ") + indexes[1];
        }
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= depth; i++) {
            text.append('[').append(indexes[i]).append(']');
        }
        return text.isEmpty() ? "the whole" : text.toString();
    }
}
