/** Copies of requests for a version that nobody is answered by: run when there is room for them, compared, and counted. */
@NullMarked
package dev.serin.gateway.shadow;

import org.jspecify.annotations.NullMarked;
