package dev.serin.registry.s3;

import dev.serin.registry.RegistryListener;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.fault.FreePort;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A real object store in a process of its own, that can be frozen, killed, and started again on the same port with the same
 * objects. Its program comes from outside; {@link Kind#program()} says where it is looked for. Used by one thread.
 */
public final class StoreProcess implements AutoCloseable {
    public static final String KEY_ID = S3ProxyStore.KEY_ID;
    public static final String SECRET = S3ProxyStore.SECRET;

    private static final Duration STARTUP = Duration.ofSeconds(30);

    private final Kind kind;
    private final Path folder;
    private final int port;
    private final S3Client client;
    private Process process;

    /** The stores we know how to start. */
    public enum Kind {
        VERSITYGW,
        MINIO;

        /** {@return whether the environment names its program} */
        public boolean isThere() {
            return System.getenv(variable()) != null;
        }

        private Path program() {
            return Optional.ofNullable(System.getenv(variable()))
                    .map(Path::of)
                    .orElseThrow(() -> new IllegalStateException(variable() + " must name the program of " + this));
        }

        private String variable() {
            return "SERIN_" + name();
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private StoreProcess(Kind kind, Path folder, int port) throws IOException {
        this.kind = kind;
        this.folder = folder;
        this.port = port;
        client = S3Client.builder()
                .endpointOverride(endpoint())
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY_ID, SECRET)))
                .build();
        process = launch();
    }

    /**
     * Starts a store and waits until it answers.
     *
     * @param folder for its objects and its log; kept when it is closed
     */
    public static StoreProcess start(Kind kind, Path folder) throws IOException {
        StoreProcess store = new StoreProcess(kind, folder, FreePort.find());
        try {
            store.awaitAnswer();
            return store;
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private Process launch() throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        String program = kind.program().toString();
        String address = "127.0.0.1:" + port;
        ProcessBuilder builder = switch (kind) {
            case VERSITYGW ->
                new ProcessBuilder(
                        program,
                        "--port",
                        address,
                        "--access",
                        KEY_ID,
                        "--secret",
                        SECRET,
                        "--iam-dir",
                        Files.createDirectories(folder.resolve("iam")).toString(),
                        "--access-log",
                        accessLog().toString(),
                        "--keep-alive",
                        "--quiet",
                        "posix",
                        data.toString());
            case MINIO -> new ProcessBuilder(program, "server", data.toString(), "--address", address, "--quiet");
        };
        builder.environment()
                .putAll(Map.of(
                        "MINIO_ROOT_USER",
                        KEY_ID,
                        "MINIO_ROOT_PASSWORD",
                        SECRET,
                        "MINIO_UPDATE",
                        "off",
                        "MINIO_BROWSER",
                        "off"));
        return builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("store.log").toFile()))
                .start();
    }

    private void awaitAnswer() {
        Awaitility.await().atMost(STARTUP).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("The store ended: " + Files.readString(folder.resolve("store.log")));
            }
            return answers();
        });
    }

    private boolean answers() {
        String path = kind == Kind.MINIO ? "/minio/health/ready" : "/";
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) endpoint().resolve(path).toURL().openConnection();
            connection.setReadTimeout(1_000);
            int status = connection.getResponseCode();
            return kind == Kind.MINIO ? status == 200 : status > 0;
        } catch (IOException _) {
            return false;
        }
    }

    /** {@return what a process needs in its environment to be let in} */
    public static Map<String, String> environment() {
        return S3ProxyStore.environment(SECRET);
    }

    /** {@return where it is, or was and will be again} */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** {@return the line for each request that it writes, which not every kind does} */
    public Path accessLog() {
        return folder.resolve("access.log");
    }

    /** {@return the name of a new bucket} */
    public String newBucket() {
        String bucket = "b-" + UUID.randomUUID();
        client.createBucket(request -> request.bucket(bucket));
        return bucket;
    }

    /** Puts an object, past every client of ours. Thread-safe. */
    public void put(String bucket, String key, byte[] content) {
        client.putObject(request -> request.bucket(bucket).key(key), RequestBody.fromBytes(content));
    }

    /** Deletes an object, past every client of ours. */
    public void delete(String bucket, String key) {
        client.deleteObject(request -> request.bucket(bucket).key(key));
    }

    /** {@return a registry in a bucket of it; its caller closes it} */
    public RegistryWriter open(S3Location location) {
        return S3ProxyStore.open(S3ProxyStore.config(endpoint(), location), RegistryListener.NONE);
    }

    /** It takes connections from now on, and never answers. */
    public void freeze() throws IOException, InterruptedException {
        signal("-STOP");
    }

    /** It goes on where it was frozen. */
    public void thaw() throws IOException, InterruptedException {
        signal("-CONT");
    }

    private void signal(String signal) throws IOException, InterruptedException {
        int status = new ProcessBuilder(List.of("kill", signal, Long.toString(process.pid())))
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("kill %s of the store failed with status %d".formatted(signal, status));
        }
    }

    /** It is gone at once, as by a loss of power. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }

    /** Starts it again after {@link #kill}, with what it had; waits until it answers. */
    public void restart() throws IOException {
        process = launch();
        awaitAnswer();
    }

    @Override
    public void close() {
        client.close();
        process.destroyForcibly(); // also of a frozen one
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
