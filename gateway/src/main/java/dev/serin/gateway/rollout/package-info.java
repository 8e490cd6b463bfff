/** What becomes of a canary: its counts, the verdict on them, and what follows from it. Pure but for the counting. */
@NullMarked
package dev.serin.gateway.rollout;

import org.jspecify.annotations.NullMarked;
