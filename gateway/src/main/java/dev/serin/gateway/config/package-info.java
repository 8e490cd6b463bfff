/** Settings: the keys, their defaults, where each value came from, and the typed records each room takes. */
@NullMarked
package dev.serin.gateway.config;

import org.jspecify.annotations.NullMarked;
