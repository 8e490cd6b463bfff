package dev.serin.gateway.predict;

import dev.serin.inference.Deadline;
import java.util.Optional;

/**
 * One request, whatever protocol it came by.
 *
 * @param startNanos when its head arrived, on {@link System#nanoTime()}
 * @param asked the deadline the caller asked for; the model's and the gateway's own may be earlier
 */
public record Call(Target target, long startNanos, Optional<Deadline> asked, Decoder decoder) {}
