package dev.serin.registry;

/** Name by which a signature says whose it is, and by which operators know a key. */
public record KeyName(String value) implements Comparable<KeyName> {
    /**
     * Checks the grammar, which is that of models.
     *
     * @throws IllegalArgumentException when the name does not fit the grammar; its message can be shown to people
     */
    public KeyName {
        Names.check("key name", value);
    }

    @Override
    public int compareTo(KeyName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
