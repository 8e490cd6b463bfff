package dev.serin.gateway.http;

import dev.serin.gateway.config.NearestName;
import dev.serin.gateway.error.Wording;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code /errors} and {@code /errors/{code}}: docs/errors.md as of this build, so that it works offline. */
final class ErrorsService implements EdgeService {
    private static final String RESOURCE = "errors.md";
    private static final String HEADING = "## ";
    private static final Header TEXT = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");

    private final String whole;
    private final Map<String, String> sections;

    ErrorsService() {
        whole = load();
        sections = split(whole);
    }

    @Override
    public void serve(Exchange exchange, List<String> path) {
        exchange.allow(Method.GET);
        switch (path.size()) {
            case 1 -> send(exchange, whole);
            case 2 -> send(exchange, section(path.get(1)));
            default -> throw HttpErrors.noSuchPath(exchange.rawPath());
        }
    }

    /** {@return the paragraph of each code} */
    Map<String, String> sections() {
        return sections;
    }

    private String section(String code) {
        String section = sections.get(code);
        if (section == null) {
            String hint = NearestName.of(code, sections.keySet())
                    .map(near -> " Did you mean '" + near + "'?")
                    .orElse("");
            throw HttpErrors.noSuch("error " + Wording.quoted(code) + "." + hint + " GET /errors lists them all.");
        }
        return section;
    }

    private static void send(Exchange exchange, String text) {
        exchange.send(Status.OK_200, TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String load() {
        try (InputStream in = ErrorsService.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("The build left " + RESOURCE + " out of the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + RESOURCE + " from the jar", e);
        }
    }

    private static Map<String, String> split(String text) {
        Map<String, String> sections = new LinkedHashMap<>();
        for (String part : text.split("(?m)^(?=" + HEADING + ")", -1)) {
            if (part.startsWith(HEADING)) {
                sections.put(
                        part.substring(HEADING.length(), part.indexOf('\n')).strip(), part.strip() + "\n");
            }
        }
        return Map.copyOf(sections);
    }
}
