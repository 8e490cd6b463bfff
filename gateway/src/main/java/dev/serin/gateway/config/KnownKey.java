package dev.serin.gateway.config;

import java.util.Locale;

/**
 * A key of {@code application.yaml}.
 *
 * @param meaning its comment there
 */
record KnownKey(String name, String defaultText, String meaning) {
    String environmentName() {
        return "SERIN_" + name.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
