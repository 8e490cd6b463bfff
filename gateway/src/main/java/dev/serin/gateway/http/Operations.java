package dev.serin.gateway.http;

import dev.serin.gateway.rollout.Changes;
import dev.serin.gateway.rollout.Rollouts;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.shadow.ShadowReports;
import dev.serin.registry.ModelName;
import java.time.InstantSource;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * What operators ask beside what callers see: how requests are dealt out, what was found by it, and changes of that.
 *
 * @param rates requests a second of a model, where that is known
 */
public record Operations(
        Routes routes,
        Rollouts rollouts,
        ShadowReports shadows,
        Changes changes,
        Function<ModelName, OptionalDouble> rates,
        InstantSource clock) {}
