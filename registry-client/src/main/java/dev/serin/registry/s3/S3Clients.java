package dev.serin.registry.s3;

import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** How we want the SDK: nothing guessed, nothing retried behind our back, every wait bounded. */
final class S3Clients {
    /** Of the region whose endpoint tells where any bucket is. */
    private static final String DEFAULT_REGION = "us-east-1";

    private static final int MAX_CONNECTIONS = 128;

    /** Short, because a request on a connection that the store is just closing fails, and nobody makes it again. */
    private static final Duration MAX_IDLE = Duration.ofSeconds(4);

    /** So that a store that moves to another address is found there. */
    private static final Duration TIME_TO_LIVE = Duration.ofMinutes(1);

    private S3Clients() {}

    static SdkHttpClient http(S3Config config) {
        Apache5HttpClient.Builder http = Apache5HttpClient.builder()
                .connectionTimeout(config.timeouts().connect())
                .socketTimeout(config.timeouts().socket())
                .connectionAcquisitionTimeout(config.timeouts().call())
                .connectionMaxIdleTime(MAX_IDLE)
                .connectionTimeToLive(TIME_TO_LIVE)
                .maxConnections(MAX_CONNECTIONS)
                .tcpKeepAlive(true);
        config.caFile().map(Trust::in).ifPresent(trust -> http.tlsTrustManagersProvider(() -> trust));
        return http.build();
    }

    static S3Client client(S3Config config, String region, AwsCredentialsProvider credentials, SdkHttpClient http) {
        S3ClientBuilder client = S3Client.builder()
                .httpClient(http)
                .credentialsProvider(credentials)
                .region(Region.of(region))
                .forcePathStyle(config.usesPathStyle())
                .disableS3ExpressSessionAuth(true)
                .disableMultiRegionAccessPoints(true)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED) // many stores know no trailers
                .serviceConfiguration(s3 -> s3.chunkedEncodingEnabled(false)
                        .expectContinueEnabled(false)) // who does not know it keeps us waiting
                .overrideConfiguration(override -> override.apiCallAttemptTimeout(
                                config.timeouts().call())
                        .retryStrategy(
                                config.attempts() == 1
                                        ? AwsRetryStrategy.doNotRetry()
                                        : AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                                .maxAttempts(config.attempts())
                                                .build()));
        config.endpoint().ifPresent(endpoint -> client.endpointOverride(base(endpoint)));
        return client.build();
    }

    private static URI base(URI endpoint) {
        return endpoint.resolve("/");
    }

    /** {@return what requests are signed for; a store that wants another one says so} */
    static String region(S3Config config) {
        return config.region().orElseGet(() -> config.endpoint().isPresent() ? DEFAULT_REGION : regionOfEnvironment());
    }

    private static String regionOfEnvironment() {
        try {
            return new DefaultAwsRegionProviderChain().getRegion().id();
        } catch (SdkClientException _) {
            return DEFAULT_REGION; // nowhere is one set
        }
    }
}
