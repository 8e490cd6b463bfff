/** Which version answers: a pure function of the catalog's snapshot. */
@NullMarked
package dev.serin.gateway.routing;

import org.jspecify.annotations.NullMarked;
