package dev.serin.gateway.routing;

import java.util.Optional;

/** Where a request carries what a sticky policy may ask for: HTTP headers, or the metadata of another protocol. */
@FunctionalInterface
public interface RoutingKeys {
    /** No keys. */
    RoutingKeys NONE = _ -> Optional.empty();

    /** {@return the value under a name whose case does not matter; empty when there is none, or only white space} */
    Optional<String> find(String name);
}
