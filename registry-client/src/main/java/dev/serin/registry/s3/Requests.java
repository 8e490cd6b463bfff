package dev.serin.registry.s3;

import java.io.UncheckedIOException;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;

/** Calls the SDK, and says in our words what went wrong. Thread-safe. */
final class Requests {
    private final Failures failures;

    Requests(Failures failures) {
        this.failures = failures;
    }

    /** {@return what the SDK returned} */
    <T> T ask(String what, Supplier<T> call) {
        return ask(what, new Exchange(), call);
    }

    /** {@return what the SDK returned} The exchange tells what went over the wire, also after the call. */
    <T> T ask(String what, Exchange exchange, Supplier<T> call) {
        try {
            return ScopedValue.where(Exchange.CURRENT, exchange).call(call::get);
        } catch (SdkException | NotS3Exception | UncheckedIOException e) {
            throw failures.of(what, exchange, e);
        }
    }

    Failures failures() {
        return failures;
    }
}
