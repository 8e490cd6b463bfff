package dev.serin.gateway.predict;

import dev.serin.gateway.routing.Route;
import dev.serin.registry.Digest;
import dev.serin.registry.VersionId;
import java.util.Optional;

/** Which version a request was sent to, and why. */
public record Served(VersionId version, Route route, Optional<Digest> digest) {}
