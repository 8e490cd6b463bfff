/** Listeners of the other rooms: metrics, events, the access log, health checks. The only package that knows Helidon's metrics. */
@NullMarked
package dev.serin.gateway.observe;

import org.jspecify.annotations.NullMarked;
