package dev.serin.gateway.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where settings are looked for, beside the defaults.
 *
 * @param installation what relative defaults are relative to
 * @param directory the caller's: what relative paths in flags and the environment are relative to
 * @param file the one named by {@code --config}, as the caller wrote it
 */
public record Sources(
        Path installation,
        Path directory,
        Optional<Path> file,
        Map<String, String> environment,
        List<Assignment> assignments) {
    public Sources {
        environment = Map.copyOf(environment);
        assignments = List.copyOf(assignments);
    }

    /**
     * A value given by a flag.
     *
     * @param flag how the caller spelled it, such as {@code --set} or {@code --port}
     */
    public record Assignment(String flag, String key, String text) {
        /**
         * Reads the argument of {@code --set}.
         *
         * @throws IllegalArgumentException when it is not {@code key=value}
         */
        public static Assignment parse(String argument) {
            int equals = argument.indexOf('=');
            if (equals <= 0) {
                throw new IllegalArgumentException(
                        "--set takes key=value, such as registry.poll-interval=10s; got '%s'".formatted(argument));
            }
            return new Assignment(
                    "--set",
                    argument.substring(0, equals).strip(),
                    argument.substring(equals + 1).strip());
        }
    }
}
