package dev.serin.gateway;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.http.Drain;
import dev.serin.gateway.http.GatewayServer;
import dev.serin.gateway.http.Health;
import dev.serin.gateway.http.HttpEdge;
import dev.serin.gateway.predict.Predictor;
import dev.serin.gateway.scheduling.RunScheduler;
import dev.serin.gateway.sessions.RegistryFollower;
import dev.serin.gateway.sessions.SessionListener;
import dev.serin.gateway.sessions.Sessions;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.registry.Registry;
import dev.serin.registry.directory.DirectoryRegistry;
import dev.serin.registry.store.LocalStore;
import dev.serin.registry.watch.RegistryScanner;
import dev.serin.serving.ServableLoader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.random.RandomGenerator;

/** The object graph: joins the rooms, and takes them down in the order that loses nothing. */
public final class Main {
    private Main() {}

    /**
     * Serves until TERM or INT.
     *
     * @param readyFile written once the gateway is ready
     * @param out where the log goes
     * @return the exit status: 0 after a drain
     * @throws dev.serin.registry.RegistryException when the registry cannot be opened
     * @throws dev.serin.gateway.http.PortUnavailableException when a port cannot be listened on
     */
    public static int run(GatewayConfig config, Optional<Path> readyFile, PrintStream out) {
        ShutdownSignal signal = ShutdownSignal.install();
        try {
            serve(config, readyFile.map(ReadyFile::new), signal, out);
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 130;
        }
    }

    private static void serve(
            GatewayConfig config, Optional<ReadyFile> readyFile, ShutdownSignal signal, PrintStream out)
            throws InterruptedException {
        SessionListener listener = SessionListener.NONE;
        Catalog catalog = new Catalog();
        Drain drain = new Drain();
        try (ScheduledExecutorService timer = timer("serin-timer");
                Registry registry = open(config.registry());
                OnnxRuntime runtime = OnnxRuntime.start(config.scheduling().runThreads());
                Sessions sessions = new Sessions(
                        registry,
                        LocalStore.open(config.registry().store()),
                        new ServableLoader(runtime),
                        catalog,
                        config.sessions(),
                        listener,
                        timer,
                        InstantSource.system());
                RunScheduler scheduler = new RunScheduler(config.scheduling());
                RegistryFollower follower = new RegistryFollower(
                        scanner(registry, config.registry()),
                        sessions::follow,
                        listener,
                        timer("serin-registry"),
                        InstantSource.system())) {
            Readiness readiness = new Readiness(sessions, follower);
            Predictor predictor =
                    new Predictor(catalog, sessions, scheduler, config.scheduling(), config.predict());
            HttpEdge edge = new HttpEdge(
                    config.http(),
                    predictor,
                    catalog,
                    new Health(readiness.checks(), drain),
                    drain,
                    new HttpEdge.Listeners(dev.serin.gateway.predict.PredictionListener.NONE, (_, _) -> {}),
                    () -> "",
                    RandomGenerator.getDefault(),
                    version());
            try (GatewayServer server = GatewayServer.start(config.http(), edge, drain)) {
                follower.start(config.registry().pollInterval());
                if (readiness.await(signal)) {
                    readyFile.ifPresent(file -> file.write(server.port(), server.managementPort()));
                    out.println("ready " + server.port());
                }
                signal.await();
                drain.begin();
                sessions.stopLoading();
            }
        }
    }

    private static Registry open(RegistryConfig config) {
        return DirectoryRegistry.open(config.root(), config.url(), dev.serin.registry.RegistryListener.NONE);
    }

    private static RegistryScanner scanner(Registry registry, RegistryConfig config) {
        return new RegistryScanner(
                registry,
                new RegistryScanner.Options(
                        config.pollInterval(), config.fullScanInterval(), config.requireManifest()),
                InstantSource.system());
    }

    private static ScheduledExecutorService timer(String name) {
        return Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name(name).daemon().factory());
    }

    /** {@return the version of this build, which its jar tells} */
    static String version() {
        return Optional.ofNullable(Main.class.getPackage().getImplementationVersion()).orElse("unreleased");
    }
}
