package dev.serin.gateway.predict;

import dev.serin.gateway.routing.RoutingKeys;
import dev.serin.inference.Deadline;
import java.util.Optional;

/**
 * One request, whatever protocol it came by.
 *
 * @param requestId what the caller knows it by
 * @param keys what a sticky traffic policy may go by
 * @param startNanos when its head arrived, on {@link System#nanoTime()}
 * @param asked the deadline the caller asked for; the model's and the gateway's own may be earlier
 */
public record Call(
        String requestId,
        Target target,
        RoutingKeys keys,
        long startNanos,
        Optional<Deadline> asked,
        Decoder decoder) {}
