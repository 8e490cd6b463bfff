package dev.serin.registry;

import java.util.Comparator;

/**
 * Name of one version of a model. Versions that begin with a digit are <em>ordered</em> and stand above all others:
 * their runs of digits compare by value, so {@code 9 < 10} and {@code 1.4.0-rc1 < 1.4.0}. Versions that do not (commit
 * ids, say) have no order of their own; {@link RegisteredVersion#ORDER} ranks them by age.
 */
public record ModelVersion(String value) {
    /** The order of ordered versions, total on all: the others come first, by code point. */
    public static final Comparator<ModelVersion> ORDER = VersionOrder::compare;

    /**
     * Checks the grammar.
     *
     * @throws IllegalArgumentException when the version does not fit the grammar or is a reserved word
     */
    public ModelVersion {
        Names.check("version", value);
        Names.checkNotReserved("a version", value);
    }

    /** {@return whether this version has a place of its own among the versions, being one that begins with a digit} */
    public boolean isOrdered() {
        return Character.isDigit(value.charAt(0));
    }

    @Override
    public String toString() {
        return value;
    }
}
