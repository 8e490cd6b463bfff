package dev.serin.registry.s3;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.profiles.ProfileFileSupplier;

/** Credentials that remember where they were found. Thread-safe. */
final class Credentials implements AwsCredentialsProvider, AutoCloseable {
    /** The SDK's letters for the places it looks in; it tells AWS of them in each request. */
    private static final Map<String, String> PLACES = Map.ofEntries(
            Map.entry("f", "aws.accessKeyId"),
            Map.entry("g", "AWS_ACCESS_KEY_ID"),
            Map.entry("h", "AWS_WEB_IDENTITY_TOKEN_FILE"),
            Map.entry("k", "a web identity"),
            Map.entry("i", "an assumed role"),
            Map.entry("n", "a profile"),
            Map.entry("o", "a profile"),
            Map.entry("p", "a profile"),
            Map.entry("q", "a profile's web identity"),
            Map.entry("v", "a profile's process"),
            Map.entry("w", "a profile's process"),
            Map.entry("z", "the container's credentials"),
            Map.entry("0", "the instance's role"));

    private static final int SHOWN_AHEAD = 4;
    private static final int SHOWN_BEHIND = 2;
    private static final int SHORTEST_CUT = 12;

    private final AwsCredentialsProvider provider;
    private volatile @Nullable String letters;

    Credentials(AwsCredentialsProvider provider) {
        this.provider = provider;
    }

    /** {@return those of the environment, profile files read anew when they change} */
    static Credentials ofEnvironment() {
        return new Credentials(DefaultCredentialsProvider.builder()
                .profileFile(ProfileFileSupplier.defaultSupplier())
                .build());
    }

    @Override
    public AwsCredentials resolveCredentials() {
        AwsCredentials credentials = provider.resolveCredentials();
        letters = credentials.providerName().orElse(null);
        return credentials;
    }

    /** {@return where the latest were found: the name of a variable, or words} */
    Optional<String> place() {
        String found = letters;
        return found == null ? Optional.empty() : Optional.ofNullable(PLACES.get(found.split(",", 2)[0]));
    }

    /** {@return the id of a key as messages may show it} */
    static String masked(String keyId) {
        return keyId.length() < SHORTEST_CUT
                ? keyId.substring(0, Math.min(1, keyId.length())) + "…"
                : keyId.substring(0, SHOWN_AHEAD) + "…" + keyId.substring(keyId.length() - SHOWN_BEHIND);
    }

    @Override
    public void close() {
        if (provider instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IllegalStateException("Cannot close the credentials", e);
            }
        }
    }
}
