package dev.serin.gateway.http;

import java.util.List;

/** One API's share of the paths. */
@FunctionalInterface
interface EdgeService {
    /**
     * Answers, or throws what {@link HttpErrors} can tell the caller.
     *
     * @param path its segments, decoded; the first is the API's own
     */
    void serve(Exchange exchange, List<String> path);
}
