package dev.serin.registry;

/** One version of one model, spelled as in the URL: {@code iris/2}. */
public record VersionId(ModelName model, ModelVersion version) {
    /**
     * Checks the grammar.
     *
     * @throws IllegalArgumentException when the text is not {@code model/version}
     */
    public static VersionId parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException(
                    "'%s' names no version; say MODEL/VERSION, such as iris/2".formatted(text));
        }
        return new VersionId(new ModelName(text.substring(0, slash)), new ModelVersion(text.substring(slash + 1)));
    }

    @Override
    public String toString() {
        return model + "/" + version;
    }
}
