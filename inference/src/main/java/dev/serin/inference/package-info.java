/**
 * Tensors, signatures and sessions: what a model takes, gives and does, without a word of HTTP or of where models come
 * from.
 */
@NullMarked
package dev.serin.inference;

import org.jspecify.annotations.NullMarked;
