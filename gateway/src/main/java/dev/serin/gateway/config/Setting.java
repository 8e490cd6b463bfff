package dev.serin.gateway.config;

import java.nio.file.Path;
import java.util.Comparator;

/** The value of a key as somebody wrote it, and where. */
record Setting(String key, String text, Source source) {

    /** Where a value was written. The later kinds win over the earlier ones. */
    sealed interface Source {
        /** By line in a file, else as given. */
        Comparator<Source> ORDER = Comparator.comparingInt(Source::rank).thenComparingInt(Source::line);

        int rank();

        default int line() {
            return 0;
        }

        /** {@code config/application.yaml}, inside the jar. */
        record Default() implements Source {
            @Override
            public int rank() {
                return 0;
            }

            @Override
            public String toString() {
                return "default";
            }
        }

        /**
         * The file named by {@code --config}.
         *
         * @param name as the caller wrote it
         */
        record File(String name, Path directory, int line) implements Source {
            @Override
            public int rank() {
                return 1;
            }

            @Override
            public String toString() {
                return line == 0 ? name : name + ":" + line;
            }
        }

        /** An environment variable. */
        record Environment(String variable) implements Source {
            @Override
            public int rank() {
                return 2;
            }

            @Override
            public String toString() {
                return variable;
            }
        }

        /** A flag: {@code --set}, or one of its own such as {@code --port}. */
        record Flag(String name) implements Source {
            @Override
            public int rank() {
                return 3;
            }

            @Override
            public String toString() {
                return name;
            }
        }
    }
}
