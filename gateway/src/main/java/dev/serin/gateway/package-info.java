/** To be written. */
@NullMarked
package dev.serin.gateway;

import org.jspecify.annotations.NullMarked;
