package dev.serin.registry;

/** A movable name for a version, such as {@code stable}. */
public record AliasName(String value) implements Comparable<AliasName> {
    /**
     * Checks the grammar.
     *
     * @throws IllegalArgumentException when the alias does not fit the grammar or is a reserved word
     */
    public AliasName {
        Names.checkAlias(value);
        Names.checkNotReserved("an alias", value);
    }

    @Override
    public int compareTo(AliasName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
