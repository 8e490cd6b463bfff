package dev.serin.gateway.predict;

import dev.serin.gateway.error.ServingException;
import dev.serin.inference.Signature;
import dev.serin.inference.Value;
import java.util.List;
import java.util.Optional;

/** What became of a call: the outputs, or why there are none. Either way it says what was chosen and where time went. */
public sealed interface Answer {
    /** {@return which version was chosen; empty when the request never got that far} */
    Optional<Served> served();

    Timings timings();

    /** The outputs, in the order of the signature, on the Java heap. */
    record Outputs(Served by, Signature signature, List<Value> outputs, Timings timings) implements Answer {
        @Override
        public Optional<Served> served() {
            return Optional.of(by);
        }
    }

    /** No outputs. */
    record Failed(Optional<Served> served, ServingException failure, Timings timings) implements Answer {}
}
