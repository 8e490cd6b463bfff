package dev.serin.registry.s3;

import dev.serin.registry.RegistryException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Trust in the certificates of a file, and in nothing else. */
final class Trust {
    private Trust() {}

    /**
     * {@return who trusts what these certificates have signed}
     *
     * @throws RegistryException when the file cannot be read, or has no certificates in it
     */
    static TrustManager[] in(Path caFile) {
        try (InputStream in = Files.newInputStream(caFile)) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (certificates.isEmpty()) {
                throw new CertificateException("empty");
            }
            return trusting(certificates);
        } catch (IOException e) {
            throw RegistryException.because("Cannot read the certificates in " + caFile, e);
        } catch (CertificateException e) {
            throw new RegistryException(
                    "Cannot read the certificates in %s: it must hold certificates in PEM".formatted(caFile), e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This Java cannot trust certificates of its users", e);
        }
    }

    private static TrustManager[] trusting(Collection<? extends Certificate> certificates)
            throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int i = 0;
        for (Certificate certificate : certificates) {
            store.setCertificateEntry("ca-" + i++, certificate);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }
}
