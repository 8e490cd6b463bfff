package dev.serin.registry.signing;

import dev.serin.registry.KeyName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

/** A pair of keys that tests sign and trust with, also in the files that openssl would write. */
public record TestKey(KeyName name, String privatePem, String publicPem) {
    /** {@return a new pair of this name} */
    public static TestKey generate(String name) {
        try {
            KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            return new TestKey(
                    new KeyName(name),
                    pem("PRIVATE KEY", pair.getPrivate().getEncoded()),
                    pem("PUBLIC KEY", pair.getPublic().getEncoded()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** {@return a block of PEM} */
    static String pem(String kind, byte[] encoded) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, lines, kind);
    }

    /** Writes the public key to {@code NAME.pem}. */
    public Path writePublic(Path folder) throws IOException {
        return Files.writeString(folder.resolve(name + ".pem"), publicPem);
    }

    /** Writes the private key to {@code NAME.key}. */
    public Path writePrivate(Path folder) throws IOException {
        return Files.writeString(folder.resolve(name + ".key"), privatePem);
    }

    /** {@return the key to sign with} */
    public SigningKey signing(Path folder) throws IOException {
        return SigningKey.read(writePrivate(folder), Optional.empty());
    }

    /** {@return trust in this key alone} */
    public TrustedKeys trusted(Path folder) throws IOException {
        return TrustedKeys.read(writePublic(folder));
    }
}
