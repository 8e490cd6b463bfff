/** Native and V2 JSON, streamed straight into and out of tensors: no tree, no boxed numbers. */
@NullMarked
package dev.serin.inference.json;

import org.jspecify.annotations.NullMarked;
