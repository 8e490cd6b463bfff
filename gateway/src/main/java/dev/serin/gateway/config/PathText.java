package dev.serin.gateway.config;

import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Paths as people write them: {@code ~/models}, {@code ${HOME}/models}, {@code ${XDG_CACHE_HOME:-~/.cache}/serin}. */
final class PathText {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?}");

    private PathText() {}

    /**
     * Replaces variables and {@code ~}.
     *
     * @throws IllegalArgumentException when it is empty, or names a variable that is not set and has no default; the message
     *     says which
     */
    static String expand(String text, Map<String, String> environment) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("it must not be empty");
        }
        String expanded =
                VARIABLE.matcher(text).replaceAll(match -> Matcher.quoteReplacement(value(match, environment)));
        return expanded.equals("~") || expanded.startsWith("~/") ? home(environment) + expanded.substring(1) : expanded;
    }

    private static String value(MatchResult match, Map<String, String> environment) {
        String name = match.group(1);
        String value = environment.getOrDefault(name, "");
        if (!value.isEmpty()) {
            return value;
        }
        String fallback = match.group(2);
        if (fallback == null) {
            throw new IllegalArgumentException("the environment variable %s is not set".formatted(name));
        }
        return fallback;
    }

    private static String home(Map<String, String> environment) {
        String home = environment.getOrDefault("HOME", System.getProperty("user.home", ""));
        if (home.isEmpty() || home.equals("?")) { // a user that the system does not know, as in some containers
            throw new IllegalArgumentException("this user has no home directory; give a path without ~");
        }
        return home;
    }
}
