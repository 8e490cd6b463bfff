package dev.serin.registry.signing;

import dev.serin.registry.KeyName;

/** What the signature of a manifest is worth. */
public sealed interface Verdict {
    /** The very bytes of the manifest are signed by a trusted key. */
    record Signed(KeyName key) implements Verdict {}

    /**
     * They are not, as far as anybody can tell.
     *
     * @param reason for people, about the version: {@code its manifest is not signed …}
     */
    record Refused(String reason) implements Verdict {}
}
