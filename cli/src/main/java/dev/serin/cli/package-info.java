/** To be written. */
@NullMarked
package dev.serin.cli;

import org.jspecify.annotations.NullMarked;
