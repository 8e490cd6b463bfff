package dev.serin.cli;

import dev.serin.gateway.RegistryConfig;
import dev.serin.gateway.RegistryConfig.Source;
import dev.serin.gateway.observe.RegistryTrouble;
import dev.serin.registry.ConflictException;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.RegistryWriter.Condition;
import dev.serin.registry.StoreException;
import dev.serin.registry.StoreException.Kind;
import dev.serin.registry.s3.S3Config;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Looks at everything between here and a registry, in the order in which it can go wrong. */
final class Checkup {
    private static final int PATIENCE_MILLIS = 3_000;
    private static final String PROBE = ".serin/probe-";

    private final RegistryConfig config;
    private final RegistryWriter registry;
    private final List<Finding> findings = new ArrayList<>();

    Checkup(RegistryConfig config, RegistryWriter registry) {
        this.config = config;
        this.registry = registry;
    }

    /** How a check ended. */
    enum Verdict {
        OK("ok"),
        NOTE("note"),
        FAIL("FAIL");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    /**
     * What one check found.
     *
     * @param advice lines for who has to mend it
     */
    record Finding(Verdict verdict, String check, String text, List<String> advice) {
        Finding {
            advice = List.copyOf(advice);
        }

        boolean isFailure() {
            return verdict == Verdict.FAIL;
        }
    }

    /** {@return what was found; the checks that follow a failure would only repeat it, so it is the last} */
    List<Finding> run() {
        boolean reachable = switch (config.source()) {
            case Source.Directory _ -> true;
            case Source.Bucket(S3Config s3) -> s3.endpoint().map(this::address).orElse(true);
        };
        if (reachable) {
            list().ifPresent(objects -> {
                read(objects);
                write();
            });
        }
        return List.copyOf(findings);
    }

    private boolean address(URI endpoint) {
        boolean secure = "https".equals(endpoint.getScheme());
        int port = endpoint.getPort() >= 0 ? endpoint.getPort() : secure ? 443 : 80;
        String host = endpoint.getHost();
        try (Socket socket = new Socket()) {
            InetAddress address = InetAddress.getByName(host);
            socket.connect(new InetSocketAddress(address, port), PATIENCE_MILLIS);
            ok("address", "%s is %s and takes connections on port %d".formatted(host, address.getHostAddress(), port));
            return true;
        } catch (UnknownHostException e) {
            fail(
                    "address",
                    "the host " + host + " is unknown",
                    List.of("look for a misspelling, and at this machine's DNS"));
        } catch (IOException e) {
            fail(
                    "address",
                    "no connection to port %d of %s: %s".formatted(port, host, e.getMessage()),
                    List.of("is the store running there? inside a container localhost is the container"));
        }
        return false;
    }

    private Optional<List<RegistryObject>> list() {
        try {
            List<RegistryObject> objects = registry.list("");
            way();
            ok("list", objects.isEmpty() ? "there are no objects yet" : "%,d objects".formatted(objects.size()));
            return Optional.of(objects);
        } catch (StoreException e) {
            RegistryTrouble trouble = RegistryTrouble.of(e);
            fail(check(e.kind()), trouble.headline(), trouble.lines());
        } catch (RegistryException e) {
            fail("list", e.getMessage(), List.of());
        }
        return Optional.empty();
    }

    /** What a listing has proved on its way, said in the words of whoever asks for it. */
    private void way() {
        if (config.source() instanceof Source.Bucket(S3Config s3)) {
            boolean secure = s3.endpoint().map(URI::getScheme).orElse("https").equals("https");
            if (secure) {
                ok("tls", "the certificate is trusted");
            } else {
                add(Verdict.NOTE, "tls", "none: keys are signed, and what is sent can be read on the way", List.of());
            }
            ok("clock", "the store accepts our time");
            ok("credentials", "the store knows our key");
            ok("bucket", "%s, by the %s".formatted(s3.location().bucket(), style(s3)));
        }
    }

    private static String style(S3Config s3) {
        return s3.pathStyle().orElse(s3.endpoint().isPresent()) ? "path of the URL" : "host name of the URL";
    }

    /** The check that a kind of failure belongs to. */
    private static String check(Kind kind) {
        return switch (kind) {
            case REFUSED, NO_CREDENTIALS -> "credentials";
            case NO_SUCH_BUCKET -> "bucket";
            case WRONG_REGION -> "region";
            case UNKNOWN_HOST, CONNECTION_REFUSED, TIMEOUT -> "address";
            case TLS -> "tls";
            case CLOCK_SKEW -> "clock";
            case NOT_S3 -> "store";
            case SLOW_DOWN, OTHER -> "list";
        };
    }

    private void read(List<RegistryObject> objects) {
        Optional<RegistryObject> some =
                objects.stream().filter(object -> object.sizeBytes() > 0).findFirst();
        if (some.isEmpty()) {
            add(Verdict.NOTE, "read", "nothing to read yet", List.of());
            return;
        }
        try (InputStream in = registry.open(some.get().key())) {
            in.readNBytes(1);
            ok("read", some.get().key());
        } catch (RegistryException | IOException e) {
            fail("read", String.valueOf(e.getMessage()), List.of("the key needs s3:GetObject on every object here"));
        }
    }

    private void write() {
        String key = PROBE + UUID.randomUUID();
        byte[] content = "A probe of serin doctor; it may be deleted.\n".getBytes(StandardCharsets.UTF_8);
        try {
            registry.write(key, content, new Condition.IfAbsent());
        } catch (RegistryException e) {
            add(
                    Verdict.NOTE,
                    "write",
                    "refused: " + e.getMessage(),
                    List.of("a gateway needs no more than to read; serin register needs to write"));
            return;
        }
        try {
            registry.write(key, content, new Condition.IfAbsent());
            add(
                    Verdict.NOTE,
                    "write",
                    "the store writes where it was told not to: conditional writes are not honoured",
                    List.of("publish each version from one place; docs/registry.md says what may happen otherwise"));
        } catch (ConflictException e) {
            ok("write", "allowed, and conditional writes are honoured");
        } finally {
            registry.delete(key);
        }
    }

    private void ok(String check, String text) {
        add(Verdict.OK, check, text, List.of());
    }

    private void fail(String check, String text, List<String> advice) {
        add(Verdict.FAIL, check, text, advice);
    }

    private void add(Verdict verdict, String check, String text, List<String> advice) {
        findings.add(new Finding(verdict, check, text, advice));
    }
}
