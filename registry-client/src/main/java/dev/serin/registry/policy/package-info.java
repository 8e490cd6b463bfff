/**
 * The writers of {@code model.json}: what may be changed, what each change makes of the file, and one way to write it that
 * loses nobody's change.
 */
@NullMarked
package dev.serin.registry.policy;

import org.jspecify.annotations.NullMarked;
