package dev.serin.gateway;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.http.Drain;
import dev.serin.gateway.http.GatewayServer;
import dev.serin.gateway.http.Health;
import dev.serin.gateway.http.HttpEdge;
import dev.serin.gateway.http.Operations;
import dev.serin.gateway.observe.AccessLog;
import dev.serin.gateway.observe.EventLog;
import dev.serin.gateway.observe.Events;
import dev.serin.gateway.observe.Listeners;
import dev.serin.gateway.observe.Logs;
import dev.serin.gateway.observe.Metrics;
import dev.serin.gateway.observe.RequestRates;
import dev.serin.gateway.observe.StartPhases;
import dev.serin.gateway.observe.TrafficMetrics;
import dev.serin.gateway.predict.Predictor;
import dev.serin.gateway.rollout.Changes;
import dev.serin.gateway.rollout.Rollouts;
import dev.serin.gateway.routing.Routes;
import dev.serin.gateway.scheduling.RunScheduler;
import dev.serin.gateway.sessions.RegistryFollower;
import dev.serin.gateway.sessions.SessionListener;
import dev.serin.gateway.sessions.Sessions;
import dev.serin.gateway.shadow.ShadowReports;
import dev.serin.gateway.shadow.ShadowRunner;
import dev.serin.inference.onnx.OnnxRuntime;
import dev.serin.inference.onnx.ThreadCpuTime;
import dev.serin.registry.Registry;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.policy.PolicyWriter;
import dev.serin.registry.store.LocalStore;
import dev.serin.registry.store.RememberingRegistry;
import dev.serin.registry.watch.RegistryScanner;
import dev.serin.serving.ServableLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/** The object graph: joins the rooms, and takes them down in the order that loses nothing. */
public final class Main {
    /** What the drain left running is cut off, and has this long to end. */
    private static final Duration END_OF_RUNS = Duration.ofSeconds(10);

    /** As often as a bad canary is to be found; each look costs microseconds. */
    private static final Duration LOOK_AT_CANARIES = Duration.ofSeconds(1);

    private Main() {}

    /**
     * Serves until TERM or INT.
     *
     * @param readyFile written once the gateway is ready
     * @param clock by which canaries step, retirements and retries come due, and what is written is dated
     * @return the exit status: 0 after a drain; the process ends at once with 1 when a run does not end that was cut off
     * @throws dev.serin.registry.RegistryException when the registry cannot be opened, or refuses us for certain and
     *     nothing is remembered of it
     * @throws dev.serin.gateway.http.PortUnavailableException when a port cannot be listened on
     */
    public static int run(GatewayConfig config, Optional<Path> readyFile, InstantSource clock) {
        ShutdownSignal signal = ShutdownSignal.install();
        Logs.install(config.observe(), Banner.isTerminal());
        try {
            serve(config, readyFile.map(ReadyFile::new), clock, signal);
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 130;
        }
    }

    private static void serve(
            GatewayConfig config, Optional<ReadyFile> readyFile, InstantSource clock, ShutdownSignal signal)
            throws InterruptedException {
        long began = System.nanoTime();
        StartPhases phases = new StartPhases(System::nanoTime);
        Catalog catalog = new Catalog();
        RegistryConfig.Store local = config.registry().store();
        Metrics metrics = new Metrics(
                catalog,
                config.observe(),
                new Metrics.Limits(config.sessions().memoryLimitBytes(), local.maxBytes()),
                build());
        RequestRates rates = new RequestRates(metrics, System::nanoTime);
        Events events = new Events(EventLog.events(metrics), catalog);
        Drain drain = new Drain();
        ShadowReports shadowReports = new ShadowReports(clock);
        Routes routes = new Routes(clock, () -> ThreadLocalRandom.current().nextLong());
        TrafficMetrics traffic = new TrafficMetrics(catalog, routes, clock);
        SessionListener listener = Listeners.sessions(metrics, events, traffic);
        try (ScheduledExecutorService timer = thread("serin-timer");
                ScheduledExecutorService polls = thread("serin-registry");
                OnnxRuntime runtime = OnnxRuntime.start(config.scheduling().runThreads());
                RegistryWriter origin = config.registry().open(metrics);
                RememberingRegistry registry = new RememberingRegistry(origin, local.path(), clock);
                LocalStore store =
                        LocalStore.open(local.path(), local.maxBytes(), Listeners.store(metrics, events), clock);
                RunScheduler scheduler = new RunScheduler(config.scheduling(), ThreadCpuTime::nanos);
                Sessions sessions = new Sessions(
                        registry,
                        store,
                        new ServableLoader(runtime, scheduler::giveWay),
                        catalog,
                        config.sessions(),
                        listener,
                        timer,
                        clock,
                        System::nanoTime);
                Rollouts rollouts = new Rollouts(
                        catalog,
                        routes,
                        new PolicyWriter(origin, clock),
                        "gateway " + HostName.get(),
                        Listeners.rollouts(events, traffic),
                        clock,
                        System::nanoTime,
                        thread("serin-rollout"));
                ShadowRunner shadowRunner = new ShadowRunner(
                        sessions,
                        config.shadow(),
                        Listeners.shadows(shadowReports, metrics, rollouts),
                        scheduler::isCrowded,
                        thread("serin-shadow"));
                RegistryFollower follower = new RegistryFollower(
                        registry,
                        scanner(registry, config.registry(), clock),
                        sessions,
                        listener,
                        catalog,
                        polls,
                        clock,
                        RandomGenerator.getDefault())) {
            Banner banner = new Banner(events, catalog, config);
            banner.starting(runtime.version());
            Readiness readiness = new Readiness(sessions, follower, catalog, clock);
            HttpEdge edge = new HttpEdge(
                    config.http(),
                    new Predictor(
                            catalog,
                            routes,
                            sessions,
                            scheduler,
                            config.scheduling(),
                            shadowRunner,
                            config.predict(),
                            metrics),
                    catalog,
                    new Operations(
                            routes,
                            rollouts,
                            shadowReports,
                            new Changes(routes, new PolicyWriter(origin, clock)),
                            rates::of,
                            clock),
                    new Health(readiness.checks(), drain),
                    drain,
                    new HttpEdge.Listeners(
                            Listeners.predictions(metrics, new AccessLog(config.observe(), System::nanoTime), rollouts),
                            events::requestFailed,
                            metrics::connectionCut),
                    () -> metrics.scrape() + phases.scrape() + traffic.scrape(rollouts),
                    clock,
                    RandomGenerator.getDefault(),
                    Banner.version());
            try (GatewayServer server = GatewayServer.start(config.http(), edge, drain)) {
                phases.end("open");
                follower.start(config.registry().pollInterval());
                rollouts.start(LOOK_AT_CANARIES);
                rates.start(timer);
                boolean isRead = readiness.awaitRegistry(signal);
                follower.hopeless().ifPresent(certain -> {
                    throw certain;
                });
                phases.end("registry");
                if (isRead) {
                    banner.registryRead(registry.location());
                }
                if (isRead && readiness.await(signal)) {
                    phases.end("load");
                    readyFile.ifPresent(file -> file.write(server.port(), server.managementPort()));
                    banner.ready(Duration.ofNanos(System.nanoTime() - began), server);
                }
                signal.await();
                began = System.nanoTime();
                events.draining(drain.inProgress());
                drain.begin(); // readiness goes down with it
                sessions.stopLoading();
                shadowRunner.stop(); // nobody waits for it, and no run of it may outlive the sessions
            } finally {
                sessions.stopLoading();
                shadowRunner.stop();
                endRuns(runtime, events);
            }
        }
        events.stopped(Duration.ofNanos(System.nanoTime() - began));
    }

    private static void endRuns(OnnxRuntime runtime, Events events) {
        if (!runtime.endRuns(END_OF_RUNS)) { // a kernel that cannot be cut off: nothing native may be freed under it
            events.stoppedShort(END_OF_RUNS);
            Runtime.getRuntime().halt(1);
        }
    }

    private static RegistryScanner scanner(Registry registry, RegistryConfig config, InstantSource clock) {
        return new RegistryScanner(
                registry,
                new RegistryScanner.Options(
                        config.pollInterval(),
                        config.fullScanInterval(),
                        config.requireManifest(),
                        config.trustedKeys()),
                clock);
    }

    /** Closing it begins nothing more that was put off: neither a poll nor a retry may hold up the end. */
    private static ScheduledExecutorService thread(String name) {
        var thread = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name(name).daemon().factory());
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return thread;
    }

    private static Map<String, String> build() {
        return Map.of("version", Banner.version(), "java", Runtime.version().toString());
    }
}
