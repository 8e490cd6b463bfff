/** What a registry holds, and what changed since the last look, at almost no cost in requests. */
@NullMarked
package dev.serin.registry.watch;

import org.jspecify.annotations.NullMarked;
