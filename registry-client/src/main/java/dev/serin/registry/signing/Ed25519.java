package dev.serin.registry.signing;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Optional;

/** Ed25519 (RFC 8032) as the JDK has it. */
final class Ed25519 {
    private static final String NAME = "Ed25519";

    private Ed25519() {}

    /** {@return the key of a SubjectPublicKeyInfo; empty when that holds none of this algorithm} */
    static Optional<PublicKey> publicKey(byte[] encoded) {
        try {
            return Optional.of(KeyFactory.getInstance(NAME).generatePublic(new X509EncodedKeySpec(encoded)));
        } catch (InvalidKeySpecException _) {
            return Optional.empty();
        } catch (NoSuchAlgorithmException e) {
            throw absent(e);
        }
    }

    /** {@return the key of a PKCS#8 PrivateKeyInfo; empty when that holds none of this algorithm} */
    static Optional<PrivateKey> privateKey(byte[] encoded) {
        try {
            return Optional.of(KeyFactory.getInstance(NAME).generatePrivate(new PKCS8EncodedKeySpec(encoded)));
        } catch (InvalidKeySpecException _) {
            return Optional.empty();
        } catch (NoSuchAlgorithmException e) {
            throw absent(e);
        }
    }

    static byte[] sign(PrivateKey key, byte[] message) {
        try {
            Signature signature = Signature.getInstance(NAME);
            signature.initSign(key);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw absent(e);
        }
    }

    static boolean verifies(PublicKey key, byte[] message, byte[] given) {
        try {
            Signature signature = Signature.getInstance(NAME);
            signature.initVerify(key);
            signature.update(message);
            return signature.verify(given);
        } catch (SignatureException | InvalidKeyException _) { // no point of the curve, say
            return false;
        } catch (NoSuchAlgorithmException e) {
            throw absent(e);
        }
    }

    private static IllegalStateException absent(GeneralSecurityException e) {
        return new IllegalStateException("This Java cannot do Ed25519", e);
    }
}
