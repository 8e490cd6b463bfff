/** The one way of a request: route, decode, lease, run, answer. No word of HTTP. */
@NullMarked
package dev.serin.gateway.predict;

import org.jspecify.annotations.NullMarked;
