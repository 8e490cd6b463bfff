package dev.serin.gateway.http;

import dev.serin.gateway.rollout.Rollouts;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.shadow.ShadowReports;
import java.time.InstantSource;

/** What operators ask about beside what callers see: how requests are dealt out, and what was found by it. */
public record Operations(Routes routes, Rollouts rollouts, ShadowReports shadows, InstantSource clock) {}
