package dev.serin.gateway.http;

import dev.serin.gateway.catalog.CatalogVersion.Sunset;
import dev.serin.registry.ModelName;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How a version that will be retired says so: {@code Deprecation} (RFC 9745), {@code Sunset} (RFC 8594), its successor. */
final class SunsetHeaders {
    private static final HeaderName DEPRECATION = HeaderNames.create("Deprecation");
    private static final HeaderName SUNSET = HeaderNames.create("Sunset");
    private static final HeaderName LINK = HeaderNames.create("Link");

    /** HTTP wants two digits for the day, which Java's own RFC 1123 does not write. */
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private SunsetHeaders() {}

    static List<Header> of(ModelName model, Sunset sunset) {
        List<Header> headers = new ArrayList<>(3);
        headers.add(HeaderValues.create(DEPRECATION, "@" + sunset.announced().getEpochSecond()));
        headers.add(HeaderValues.create(SUNSET, HTTP_DATE.format(sunset.at())));
        sunset.successor()
                .ifPresent(successor -> headers.add(HeaderValues.create(
                        LINK, "</models/%s/%s>; rel=\"successor-version\"".formatted(model, successor))));
        return headers;
    }
}
