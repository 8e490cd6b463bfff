package dev.serin.registry.signing;

import dev.serin.registry.KeyName;
import dev.serin.registry.MalformedContentException;
import dev.serin.registry.RegistryException;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import dev.serin.registry.format.ManifestSignature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The public keys whose signatures count, by name; at least one. Immutable.
 *
 * @param keys of Ed25519
 */
public record TrustedKeys(SortedMap<KeyName, PublicKey> keys) {
    private static final String SUFFIX = ".pem";
    private static final String KIND = "PUBLIC KEY";
    private static final int SHOWN = 10;

    public TrustedKeys {
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("There must be a key to trust");
        }
        keys = Collections.unmodifiableSortedMap(new TreeMap<>(keys));
    }

    /**
     * Reads the key of a file, or of every {@code *.pem} in a folder. A key has the name of its file without the ending.
     *
     * @throws RegistryException when there is none, or any of them cannot be read; it names the file and what is wrong
     */
    public static TrustedKeys read(Path path) {
        SortedMap<KeyName, PublicKey> keys = new TreeMap<>();
        files(path).forEach(file -> keys.put(nameOf(file), key(file)));
        return new TrustedKeys(keys);
    }

    private static List<Path> files(Path path) {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> all = Files.list(path)) {
            List<Path> files = all.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
            if (files.isEmpty()) {
                throw new RegistryException("%s holds no file that ends in %s".formatted(path, SUFFIX));
            }
            return files;
        } catch (IOException e) {
            throw RegistryException.because("Cannot read " + path, e);
        }
    }

    private static PublicKey key(Path file) {
        Pem pem = Pem.read(file);
        if (pem.has("PRIVATE KEY") || pem.has("ENCRYPTED PRIVATE KEY")) {
            throw new RegistryException(
                    "%s holds a private key, which belongs to whoever signs; openssl pkey -in %s -pubout writes the public one"
                            .formatted(file, file.getFileName()));
        }
        return pem.only(KIND)
                .flatMap(Ed25519::publicKey)
                .orElseThrow(() -> new RegistryException(
                        "%s must hold one public key of Ed25519 in PEM, as openssl pkey -pubout writes it"
                                .formatted(file)));
    }

    /** {@return the name of a file without its ending, as that of a key} */
    static KeyName nameOf(Path file) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        try {
            return new KeyName(dot > 0 ? name.substring(0, dot) : name);
        } catch (IllegalArgumentException e) {
            throw new RegistryException("%s gives its key no name: %s".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * {@return whether a trusted key has signed a manifest, and which}
     *
     * @param manifest its exact bytes
     * @param signature what lies beside it; empty when nothing does
     */
    public Verdict judge(VersionId id, byte[] manifest, Optional<byte[]> signature) {
        if (signature.isEmpty()) {
            return new Verdict.Refused(
                    "its manifest is not signed: there is no %s; trusted is %s".formatted(Layout.SIGNATURE, names()));
        }
        ManifestSignature given;
        try {
            given = ManifestSignature.parse(id, signature.get());
        } catch (MalformedContentException e) {
            return new Verdict.Refused(e.getMessage());
        }
        PublicKey key = keys.get(given.key());
        if (key == null) {
            return new Verdict.Refused("its manifest is signed by the key '%s', which is not trusted; trusted is %s"
                    .formatted(given.key(), names()));
        }
        return Ed25519.verifies(key, manifest, given.signature())
                ? new Verdict.Signed(given.key())
                : new Verdict.Refused(
                        "its signature by '%s' does not match: it is over other bytes than those of %s, or by another key of that name"
                                .formatted(given.key(), Layout.MANIFEST));
    }

    /** {@return the names, for people} */
    public String names() {
        String names = keys.keySet().stream().limit(SHOWN).map(KeyName::value).collect(Collectors.joining(", "));
        return keys.size() > SHOWN ? "%s and %d more".formatted(names, keys.size() - SHOWN) : names;
    }
}
