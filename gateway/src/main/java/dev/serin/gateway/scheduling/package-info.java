/** Who runs when: a bounded queue per version, a bounded number of native runs. */
@NullMarked
package dev.serin.gateway.scheduling;

import org.jspecify.annotations.NullMarked;
