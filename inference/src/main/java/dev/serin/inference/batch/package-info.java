/** The arithmetic of running several requests as one. */
@NullMarked
package dev.serin.inference.batch;

import org.jspecify.annotations.NullMarked;
