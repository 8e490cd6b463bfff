package dev.serin.registry.s3;

import dev.serin.registry.Registry;
import java.util.regex.Pattern;

/**
 * Where a registry lies: a bucket, and what all its keys begin with.
 *
 * @param prefix empty, or segments joined by {@code /}, without one at either end
 */
public record S3Location(String bucket, String prefix) {
    private static final String SCHEME = "s3://";
    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]");
    private static final Pattern MISPLACED = Pattern.compile("[?#@\\\\\\s\\p{Cntrl}]");
    private static final int MAX_PREFIX = 512; // of the 1,024 bytes that a key may have

    /**
     * Checks both.
     *
     * @throws IllegalArgumentException when the bucket cannot be one, or the prefix is no part of a key
     */
    public S3Location {
        if (!BUCKET.matcher(bucket).matches()) {
            throw new IllegalArgumentException("'%s' is not the name of a bucket: it must match %s, as in %s"
                    .formatted(bucket, BUCKET, "s3://bucket/prefix"));
        }
        if (prefix.length() > MAX_PREFIX) {
            throw new IllegalArgumentException(
                    "A prefix must have at most %d characters, got %d".formatted(MAX_PREFIX, prefix.length()));
        }
        if (!prefix.isEmpty()) {
            Registry.checkKey(prefix);
        }
    }

    /**
     * Reads {@code s3://bucket} or {@code s3://bucket/prefix}; a {@code /} at the end makes no difference.
     *
     * @throws IllegalArgumentException when it is neither
     */
    public static S3Location parse(String url) {
        if (!url.startsWith(SCHEME)) {
            throw new IllegalArgumentException(
                    "A bucket is named s3://bucket/prefix, and this does not begin with s3://");
        }
        String rest = url.substring(SCHEME.length());
        if (MISPLACED.matcher(rest).find()) { // not shown: what stands before an @ may be a secret
            throw new IllegalArgumentException("s3://bucket/prefix has no room for keys, parameters or white space; "
                    + "endpoint and region are settings of their own, credentials come from the environment");
        }
        int slash = rest.indexOf('/');
        return slash < 0
                ? new S3Location(rest, "")
                : new S3Location(rest.substring(0, slash), withoutSlashAtEnd(rest.substring(slash + 1)));
    }

    private static String withoutSlashAtEnd(String prefix) {
        return prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
    }

    /** {@return what the keys of all objects begin with: nothing, or the prefix and a slash} */
    String root() {
        return prefix.isEmpty() ? "" : prefix + "/";
    }

    /** {@return the URL} */
    @Override
    public String toString() {
        return SCHEME + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
    }
}
