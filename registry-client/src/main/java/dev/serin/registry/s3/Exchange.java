package dev.serin.registry.s3;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;

/** What went over the wire during one call of the SDK, the last attempt only; failures are told by it. Thread-safe. */
final class Exchange {
    /** The call that this thread is in. */
    static final ScopedValue<Exchange> CURRENT = ScopedValue.newInstance();

    private volatile @Nullable SdkHttpRequest request;
    private volatile @Nullable Answer answer;

    /** The head of an answer. */
    record Answer(SdkHttpResponse head, Instant at) {}

    void asked(SdkHttpRequest newRequest) {
        request = newRequest;
        answer = null;
    }

    void answered(SdkHttpResponse head, Instant at) {
        answer = new Answer(head, at);
    }

    Optional<SdkHttpRequest> request() {
        return Optional.ofNullable(request);
    }

    Optional<Answer> answer() {
        return Optional.ofNullable(answer);
    }
}
