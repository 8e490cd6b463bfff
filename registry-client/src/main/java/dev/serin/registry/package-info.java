/**
 * What a registry holds: names, digests, manifests, policies, and the contract every store of them keeps. Knows neither
 * ONNX nor HTTP; the manifest's signature, schema and labels are opaque JSON here.
 */
@NullMarked
package dev.serin.registry;

import org.jspecify.annotations.NullMarked;
