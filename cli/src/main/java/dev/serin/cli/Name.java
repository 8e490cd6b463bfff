package dev.serin.cli;

import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.VersionId;
import java.util.Optional;

/**
 * A thing named as in the URL: {@code fraud}, {@code fraud/4}, {@code fraud/stable}.
 *
 * @param selector a version or an alias
 */
record Name(ModelName model, Optional<String> selector) {
    static Name parse(String text) {
        int slash = text.indexOf('/');
        try {
            return slash < 0
                    ? new Name(new ModelName(text), Optional.empty())
                    : new Name(
                            new ModelName(text.substring(0, slash)), Optional.of(selector(text.substring(slash + 1))));
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), "serin list");
        }
    }

    private static String selector(String text) {
        return new ModelVersion(text).value(); // every alias fits this grammar too
    }

    /** {@return the version or alias that must be named} */
    String requireSelector() {
        return selector.orElseThrow(() -> new CliException(
                ExitCode.USAGE,
                "'%s' names no version; say MODEL/VERSION, such as %s/2".formatted(model, model),
                "serin list " + model));
    }

    /** {@return the version named by {@code MODEL/VERSION}} */
    static VersionId parseVersion(String text) {
        try {
            return VersionId.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), "serin register -h");
        }
    }

    @Override
    public String toString() {
        return selector.map(text -> model + "/" + text).orElse(model.value());
    }
}
