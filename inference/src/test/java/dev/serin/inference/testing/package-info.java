/** Small models and fakes for the tests of this module and of those above it. */
@NullMarked
package dev.serin.inference.testing;

import org.jspecify.annotations.NullMarked;
