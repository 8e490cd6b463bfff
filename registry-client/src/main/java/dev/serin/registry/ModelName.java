package dev.serin.registry;

/** Name of a model; also a segment of its object keys and URLs, hence the narrow alphabet. */
public record ModelName(String value) implements Comparable<ModelName> {
    /**
     * Checks the grammar.
     *
     * @throws IllegalArgumentException when the name does not fit the grammar; its message can be shown to people
     */
    public ModelName {
        Names.check("model name", value);
    }

    @Override
    public int compareTo(ModelName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
