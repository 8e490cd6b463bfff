/**
 * Listeners of the other rooms: metrics, events, the access log. What is counted here is exposed as Prometheus text and
 * nothing else; what is told goes to the log. Inputs and outputs of models never enter.
 */
@NullMarked
package dev.serin.gateway.observe;

import org.jspecify.annotations.NullMarked;
