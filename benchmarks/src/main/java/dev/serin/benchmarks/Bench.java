package dev.serin.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What rows are measured with: the servers, started when the first row wants them, and those who call them. Closing it ends every
 * process that it started and deletes its folder; so does the end of this process. Used by one thread.
 */
final class Bench implements AutoCloseable {
    /** With less the machine is too slow or too loud for ratios to mean anything. */
    static final double LEAST_ECHO_PER_SECOND = 60_000;

    static final int CONNECTIONS = 32;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_WARM_UP_LEGS = 10;
    private static final int STALE_WARM_UP_LEGS = 2;
    private static final double FASTER = 1.02;

    private final Options options;
    private final Installation installation;
    private final Path work;
    private final Asker asker = new Asker();
    private final HealthProbe health = new HealthProbe();
    private final Optional<Wrk> wrk;
    private final List<Server> servers = new CopyOnWriteArrayList<>(); // all that live
    private final List<Path> recordings = new ArrayList<>();
    private final Thread atExit = new Thread(this::end, "end-of-servers");
    private final List<Double> echoRates = new ArrayList<>();
    private final List<Double> irisRates = new ArrayList<>();
    private @Nullable Server echo;
    private @Nullable Server gateway;
    private @Nullable Server fastApi;
    private @Nullable Models models;

    Bench(Options options, Installation installation) throws IOException {
        this.options = options;
        this.installation = installation;
        this.work = Files.createTempDirectory("serin-benchmarks");
        this.wrk = Wrk.find(work);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    Options options() {
        return options;
    }

    Installation installation() {
        return installation;
    }

    Path work() {
        return work;
    }

    Asker asker() {
        return asker;
    }

    HealthProbe health() {
        return health;
    }

    /** {@return which program the callers of closed loops are} */
    String generator() {
        return wrk.isPresent() ? "wrk" : "our own closed loop";
    }

    /** {@return recordings of the gateways that ended, where they were asked for} */
    List<Path> recordings() {
        return List.copyOf(recordings);
    }

    /** {@return the echo, warmed up} */
    Server echo() throws IOException, InterruptedException {
        Server running = echo;
        if (running == null) {
            int at = Installation.freePort();
            Question question = Samples.IRIS.echoed();
            Server started =
                    start("echo", installation.java("dev.serin.benchmarks.EchoServer", Integer.toString(at)), at, 0);
            started.await(() -> answers(at, question.request()));
            echo = started;
            running = started;
            verify(started, question);
            warm(started, question.request());
            echoRate(closed(started, question.request(), CONNECTIONS).perSecond());
        }
        return running;
    }

    /** {@return the gateway that most rows share, with the sample models and those made for rows; warmed up} */
    Server gateway() throws IOException, InterruptedException {
        Server running = gateway;
        if (running == null) {
            running = gateway("gateway", models().root());
            gateway = running;
            verify(running, Samples.IRIS);
            warm(running, Samples.IRIS.request());
        }
        return running;
    }

    /** {@return FastAPI with a worker for each core, on the same models; it needs Python and, the first time, a package index} */
    Server fastApi() throws IOException, InterruptedException {
        Server running = fastApi;
        if (running == null) {
            if (Wrk.onPath("python3").isEmpty()) {
                throw new SkippedException("python3 is not installed, which FastAPI needs");
            }
            say("starting FastAPI, which is installed the first time");
            int at = Installation.freePort();
            Path script = installation.home().resolve("benchmarks/peers/run");
            Server started = start(
                    "fastapi",
                    new ProcessBuilder(
                            script.toString(),
                            Integer.toString(at),
                            models().root().toString()),
                    at,
                    0);
            started.await(() -> answers(at, Samples.IRIS.request()));
            fastApi = started;
            running = started;
        }
        return running;
    }

    /** {@return the registry of that gateway} */
    Models models() throws IOException {
        Models made = models;
        if (made == null) {
            made = models("models");
            made.copy(installation.sampleModels().resolve("iris"));
            made.publish("cnn", "1", Models.cnn());
            made.publish("identity", "1", Models.identity());
            made.publish(Samples.TOGETHER, "1", Models.perceptron());
            made.publish(Samples.ALONE, "1", Models.perceptron());
            made.policy(Samples.ALONE, "{\"serving\": {\"max-batch-size\": 1}}");
            for (String name : Samples.BUSY) {
                made.publish(name, "1", Models.busy());
            }
            models = made;
        }
        return made;
    }

    /** {@return an empty registry of that name} */
    Models models(String name) throws IOException {
        return new Models(work.resolve(name), work);
    }

    /** Starts a gateway on this registry, by the launcher; whoever called this closes it. */
    Server gateway(String name, Path registry, String... settings) throws IOException, InterruptedException {
        Path ready = work.resolve(name + ".ready");
        Files.deleteIfExists(ready); // a former one's, of another round
        ProcessBuilder builder = launch(name, registry, 0, settings);
        builder.command().addAll(List.of("--ready-file", ready.toString()));
        Path log = work.resolve(name + ".log");
        Process process =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            Server.await(process, name, log, () -> Files.exists(ready));
        } catch (IOException | InterruptedException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
        JsonNode ports = JSON.readTree(ready.toFile());
        int port = ports.path("port").asInt();
        Server server = new Server(
                name,
                process,
                log,
                port,
                ports.path("management-port").asInt(),
                health.watch(name, port),
                servers::remove);
        servers.add(server);
        return server;
    }

    /** {@return how the launcher is called for a gateway with a store of its own} */
    ProcessBuilder launch(String name, Path registry, int port, String... settings) {
        List<String> command = new ArrayList<>(List.of(
                installation.launcher().toString(),
                "serve",
                "--registry",
                registry.toString(),
                "--port",
                Integer.toString(port),
                "--management-port",
                "0",
                "--set",
                "store.path=" + work.resolve(name + ".store")));
        for (String setting : settings) {
            command.addAll(List.of("--set", setting));
        }
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        if (options.profile()) {
            Path recording = work.resolve("%s-%d.jfr".formatted(name, recordings.size()));
            recordings.add(recording);
            builder.environment()
                    .put(
                            "SERIN_JAVA_OPTS",
                            "-XX:StartFlightRecording:settings=profile,%s,dumponexit=true,filename=%s"
                                    .formatted(Profile.SETTINGS, recording));
        }
        return builder;
    }

    /** Starts a server that is up when it answers. */
    Server start(String name, ProcessBuilder builder, int port, int managementPort) throws IOException {
        Path log = work.resolve(name + ".log");
        Process process =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        Server server = new Server(name, process, log, port, managementPort, () -> {}, servers::remove);
        servers.add(server);
        return server;
    }

    /** {@return whether somebody answers 200 there} */
    boolean answers(int port, Request request) throws InterruptedException {
        try {
            return asker.ask(port, request).status() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** Asks once, and wants the right answer. */
    void verify(Server server, Question question) throws IOException, InterruptedException {
        question.check(server.name(), asker.ask(server.port(), question.request()));
    }

    private void warm(Server server, Request request) throws IOException, InterruptedException {
        say("warming up " + server.name());
        warm(server, request, CONNECTIONS);
    }

    /**
     * Asks until it is no faster any more: on two cores that the callers share, the optimising compiler may need a minute for what
     * is new to it.
     */
    void warm(Server server, Request request, int connections) throws IOException, InterruptedException {
        warm(() -> closed(server, request, connections).perSecond());
    }

    /** The same where speed is what a leg gives. */
    void warm(Leg leg) throws IOException, InterruptedException {
        double best = 0;
        int stale = 0;
        int most = options.quick() ? 1 : MOST_WARM_UP_LEGS;
        for (int made = 0; made < most && stale < STALE_WARM_UP_LEGS; made++) {
            double speed = leg.speed();
            stale = speed > best * FASTER ? 0 : stale + 1;
            best = Math.max(best, speed);
        }
    }

    /** Asks for the time of a leg. */
    @FunctionalInterface
    interface Leg {
        /** {@return how fast it was: more is better} */
        double speed() throws IOException, InterruptedException;
    }

    Rate closed(Server server, Request request, int connections) throws IOException, InterruptedException {
        return closed(server, request, connections, options.leg());
    }

    /** Callers who do not pause. What is not 200 is wrong, but for as many as a gateway says that it refused. */
    Rate closed(Server server, Request request, int connections, Duration length)
            throws IOException, InterruptedException {
        double before = rejections(server);
        Rate rate = wrk.isPresent()
                ? wrk.get().run(server.port(), request, connections, length)
                : ClosedLoop.during(server.port(), request, connections, length).allowing(200, 429, 503);
        if (rate.refused() > rejections(server) - before) {
            throw new WrongAnswerException(
                    "%s gave %d answers that are not 200".formatted(server.name(), rate.refused()));
        }
        return rate;
    }

    private double rejections(Server server) throws IOException, InterruptedException {
        return server.managementPort() == 0 ? 0 : asker.metric(server.managementPort(), "serin_rejections_total");
    }

    Answers open(Server server, Schedule schedule, Request... requests) throws IOException, InterruptedException {
        return OpenLoop.run(server.port(), List.of(requests), schedule);
    }

    void echoRate(double perSecond) {
        echoRates.add(perSecond);
    }

    /** {@return requests a second that the echo answered at 32 connections} */
    double echoPerSecond() {
        return Figures.median(echoRates.stream().mapToDouble(each -> each).toArray());
    }

    void irisRate(double perSecond) {
        irisRates.add(perSecond);
    }

    /** {@return requests a second that the gateway answered at 32 connections; measured now if no row has} */
    double irisPeak() throws IOException, InterruptedException {
        if (irisRates.isEmpty()) {
            irisRate(closed(gateway(), Samples.IRIS.request(), CONNECTIONS).perSecond());
        }
        return Figures.median(irisRates.stream().mapToDouble(each -> each).toArray());
    }

    Cores cores() throws IOException {
        return Cores.read(servers.stream()
                .flatMap(Server::processes)
                .mapToLong(pid -> pid)
                .toArray());
    }

    @SuppressWarnings("SystemOut") // this is what it is for
    static void say(String line) {
        System.err.println(line);
    }

    /** Ends the servers, so that their recordings are whole. */
    void endServers() throws IOException {
        for (Server server : servers.reversed()) {
            server.close();
        }
        echo = null;
        gateway = null;
        fastApi = null;
    }

    private void end() {
        servers.forEach(Server::kill);
        delete();
    }

    private void delete() {
        try (Stream<Path> files = Files.walk(work)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            endServers();
        } finally {
            Runtime.getRuntime().removeShutdownHook(atExit);
            asker.close();
            end();
        }
    }
}
