package dev.serin.gateway.http;

import dev.serin.gateway.rollout.Changes;
import dev.serin.gateway.rollout.Rollouts;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.shadow.ShadowReports;
import java.time.InstantSource;

/** What operators ask beside what callers see: how requests are dealt out, what was found by it, and changes of that. */
public record Operations(
        Routes routes, Rollouts rollouts, ShadowReports shadows, Changes changes, InstantSource clock) {}
