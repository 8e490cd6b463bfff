/** Reads what Serin must know of a model.onnx before ONNX Runtime sees it: a bounded walk over the protobuf. */
@NullMarked
package dev.serin.inference.modelfile;

import org.jspecify.annotations.NullMarked;
