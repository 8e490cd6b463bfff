/** ONNX Runtime by its C API; the only package that calls native code. Every native object is released here. */
@NullMarked
package dev.serin.inference.onnx;

import org.jspecify.annotations.NullMarked;
