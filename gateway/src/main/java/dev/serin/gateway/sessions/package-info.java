/** Loaded versions: what to load, what to lend, what to evict. The only package that knows Caffeine. */
@NullMarked
package dev.serin.gateway.sessions;

import org.jspecify.annotations.NullMarked;
