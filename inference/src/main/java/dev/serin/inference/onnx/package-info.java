/** The ONNX Runtime binding; the only package that knows ai.onnxruntime. Every native object is closed here. */
@NullMarked
package dev.serin.inference.onnx;

import org.jspecify.annotations.NullMarked;
