/** Baselines: what the platform does when nothing is served but bytes. */
@NullMarked
package dev.serin.benchmarks;

import org.jspecify.annotations.NullMarked;
