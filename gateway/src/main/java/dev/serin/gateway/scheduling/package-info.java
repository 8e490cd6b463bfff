/** Who runs when, and with whom: a bounded line per version, batches of those who wait, a bounded number of native runs. */
@NullMarked
package dev.serin.gateway.scheduling;

import org.jspecify.annotations.NullMarked;
