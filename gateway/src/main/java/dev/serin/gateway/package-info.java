/** The server's object graph: {@code Main} and what it is configured with. Knows everything, is known by nobody. */
@NullMarked
package dev.serin.gateway;

import org.jspecify.annotations.NullMarked;
