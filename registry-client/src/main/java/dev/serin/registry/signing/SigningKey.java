package dev.serin.registry.signing;

import dev.serin.registry.KeyName;
import dev.serin.registry.Publisher;
import dev.serin.registry.RegistryException;
import dev.serin.registry.format.ManifestSignature;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.util.Optional;

/** A private key of Ed25519 that signs manifests. Thread-safe. */
public final class SigningKey implements Publisher.Signer {
    private final KeyName name;
    private final PrivateKey key;

    private SigningKey(KeyName name, PrivateKey key) {
        this.name = name;
        this.key = key;
    }

    /**
     * Reads the key of a file in PEM, as {@code openssl genpkey -algorithm ed25519} writes it.
     *
     * @param name by which gateways know the key; else that of the file without its ending
     * @throws RegistryException when the file cannot be read, or holds no such key
     */
    public static SigningKey read(Path file, Optional<KeyName> name) {
        Pem pem = Pem.read(file);
        if (pem.has("ENCRYPTED PRIVATE KEY")) {
            throw new RegistryException(
                    "%s is protected by a passphrase, which is not supported; openssl pkey -in %s -out FILE writes it without"
                            .formatted(file, file.getFileName()));
        }
        PrivateKey key = pem.only("PRIVATE KEY")
                .flatMap(Ed25519::privateKey)
                .orElseThrow(() -> new RegistryException(
                        "%s must hold one private key of Ed25519 in PEM, as openssl genpkey -algorithm ed25519 writes it"
                                .formatted(file)));
        return new SigningKey(name.orElseGet(() -> TrustedKeys.nameOf(file)), key);
    }

    @Override
    public KeyName name() {
        return name;
    }

    @Override
    public byte[] sign(byte[] manifest) {
        return new ManifestSignature(name, Ed25519.sign(key, manifest)).write();
    }
}
