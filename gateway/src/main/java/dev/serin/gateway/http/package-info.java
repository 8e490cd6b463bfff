/** Decoders, encoders and thin services over HTTP, and one error switch per protocol. */
@NullMarked
package dev.serin.gateway.http;

import org.jspecify.annotations.NullMarked;
