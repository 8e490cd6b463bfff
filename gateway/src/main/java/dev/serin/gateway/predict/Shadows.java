package dev.serin.gateway.predict;

import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.inference.Signature;
import dev.serin.inference.Tensor;
import dev.serin.inference.Value;
import dev.serin.registry.VersionId;
import java.util.List;

/** Takes copies of answered requests for another version. Called on the request's thread; never waits. */
@FunctionalInterface
public interface Shadows {
    /** Takes none. */
    Shadows NONE = _ -> false;

    /** {@return whether the copy was taken: then whoever took it closes its inputs} */
    boolean offer(Copy copy);

    /**
     * An answered request that another version is to be asked too.
     *
     * @param requestId what callers know it by
     * @param answeredBy what answered the caller
     * @param signature of what answered; its order is that of inputs and outputs
     * @param inputs not changed by the run that answered
     * @param outputs what the caller gets
     * @param runNanos how long that run took; 0 when it was for several requests, whose time is nobody's own
     */
    record Copy(
            String requestId,
            CatalogVersion shadow,
            VersionId answeredBy,
            Signature signature,
            List<Tensor> inputs,
            List<Value> outputs,
            long runNanos) {}
}
