package dev.serin.gateway.predict;

import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** From a protocol's body to tensors; called once, on the caller's thread, when the version is known. */
@FunctionalInterface
public interface Decoder {
    /** Decodes; throws {@link dev.serin.inference.InvalidInputException} when the body does not fit the signature. */
    Decoded decode(Signature signature);

    /**
     * Tensors in the order of the signature; the Predictor closes them.
     *
     * @param queueTimeout the longest time the caller wants to wait for a run
     */
    record Decoded(List<Tensor> inputs, Optional<Duration> queueTimeout) {}
}
