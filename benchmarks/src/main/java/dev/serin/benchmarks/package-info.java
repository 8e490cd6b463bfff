/** What the gateway is measured against, who calls both, and what is asked of the figures. */
@NullMarked
package dev.serin.benchmarks;

import org.jspecify.annotations.NullMarked;
