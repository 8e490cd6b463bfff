package dev.serin.registry.s3;

import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.s3.S3Config.Timeouts;
import java.io.IOException;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * Stands between the SDK and the network, where every attempt passes once: reports it, remembers it for the text of a
 * failure, and guards the body of the answer. Thread-safe.
 */
final class WatchedHttp implements SdkHttpClient {
    /** Answers that are as it should be: what is asked for is unchanged, is not there, or is not as expected. */
    private static final Set<Integer> EXPECTED = Set.of(304, 404, 409, 412);

    /** A page of 1,000 keys of 1,024 bytes, each of them escaped, and errors, which the SDK reads whole. */
    private static final long MAX_DOCUMENT = 8 << 20;

    private static final int PEEKED = 512;
    private static final Pattern LISTING = document("ListBucketResult");
    private static final Pattern BUCKETS = document("ListAllMyBucketsResult");

    private final SdkHttpClient http;
    private final RegistryListener listener;
    private final Timeouts timeouts;
    private final InstantSource clock;

    private static Pattern document(String root) {
        return Pattern.compile("\\uFEFF?\\s*(<\\?xml[^>]*\\?>)?\\s*<([A-Za-z0-9]+:)?" + root + "[\\s>]");
    }

    WatchedHttp(SdkHttpClient http, RegistryListener listener, Timeouts timeouts, InstantSource clock) {
        this.http = http;
        this.listener = listener;
        this.timeouts = timeouts;
        this.clock = clock;
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        Exchange exchange = Exchange.CURRENT.orElse(new Exchange());
        exchange.asked(request.httpRequest());
        ExecutableHttpRequest attempt = http.prepareRequest(request);
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                return run(attempt, request.httpRequest(), exchange);
            }

            @Override
            public void abort() {
                attempt.abort();
            }
        };
    }

    private HttpExecuteResponse run(ExecutableHttpRequest attempt, SdkHttpRequest request, Exchange exchange)
            throws IOException {
        Operation operation = operation(request);
        Report report = new Report(listener, operation);
        HttpExecuteResponse response;
        try {
            response = attempt.call();
        } catch (IOException | RuntimeException e) {
            report.ended(false);
            throw e;
        }
        exchange.answered(response.httpResponse(), clock.instant());
        int status = response.httpResponse().statusCode();
        boolean hasContent = status == 200 || status == 206;
        boolean watched = hasContent && (operation == Operation.GET || operation == Operation.LIST);
        if (!watched || response.responseBody().isEmpty()) {
            report.ended(status / 100 == 2 || EXPECTED.contains(status));
        }
        HttpExecuteResponse guarded = HttpExecuteResponse.builder()
                .response(response.httpResponse())
                .responseBody(response.responseBody()
                        .map(body -> guarded(body, response, watched && operation == Operation.GET, report))
                        .orElse(null))
                .build();
        return watched && operation == Operation.LIST
                ? checkListing(guarded, isOfObjects(request) ? LISTING : BUCKETS, report)
                : guarded;
    }

    private AbortableInputStream guarded(
            AbortableInputStream body, HttpExecuteResponse response, boolean isObject, Report report) {
        Optional<Long> length =
                response.httpResponse().firstMatchingHeader("Content-Length").map(Long::valueOf);
        MinimumRate rate = new MinimumRate(timeouts.rateWindow(), timeouts.minimumRate());
        GuardedBody guarded = isObject
                ? GuardedBody.ofObject(body, rate, length, report)
                : GuardedBody.ofDocument(body, rate, MAX_DOCUMENT, report);
        return AbortableInputStream.create(guarded, guarded);
    }

    /** The SDK takes any XML for a listing, an empty one if need be; and an empty listing says that all is gone. */
    private static HttpExecuteResponse checkListing(HttpExecuteResponse response, Pattern expected, Report report)
            throws IOException {
        AbortableInputStream body = response.responseBody().orElseGet(AbortableInputStream::createEmpty);
        PushbackInputStream peeked = new PushbackInputStream(body, PEEKED);
        byte[] start = peeked.readNBytes(PEEKED);
        if (!expected.matcher(new String(start, StandardCharsets.UTF_8)).lookingAt()) {
            report.ended(false);
            body.abort();
            throw new NotS3Exception("it answered a listing with something else");
        }
        peeked.unread(start);
        return HttpExecuteResponse.builder()
                .response(response.httpResponse())
                .responseBody(AbortableInputStream.create(peeked, body))
                .build();
    }

    /** How a store would bill it: what begins or completes an upload counts as writing. */
    private static Operation operation(SdkHttpRequest request) {
        return switch (request.method()) {
            case GET -> isOfObjects(request) || isOfBuckets(request) ? Operation.LIST : Operation.GET;
            case HEAD -> Operation.HEAD;
            case DELETE -> Operation.DELETE;
            case PUT, POST, PATCH, OPTIONS -> Operation.PUT;
        };
    }

    private static boolean isOfObjects(SdkHttpRequest request) {
        return request.rawQueryParameters().containsKey("list-type");
    }

    private static boolean isOfBuckets(SdkHttpRequest request) {
        return request.encodedPath().length() <= 1; // no key is empty
    }

    @Override
    public void close() {
        http.close();
    }

    @Override
    public String clientName() {
        return http.clientName();
    }

    /** Tells the listener of one attempt, once. Thread-safe. */
    static final class Report {
        private final RegistryListener listener;
        private final Operation operation;
        private final long start = System.nanoTime();
        private final AtomicBoolean told = new AtomicBoolean();

        Report(RegistryListener listener, Operation operation) {
            this.listener = listener;
            this.operation = operation;
        }

        void ended(boolean succeeded) {
            if (!told.getAndSet(true)) {
                listener.requested(operation, succeeded, Duration.ofNanos(System.nanoTime() - start));
            }
        }
    }
}
