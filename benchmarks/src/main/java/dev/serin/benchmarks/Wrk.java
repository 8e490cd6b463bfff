package dev.serin.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** wrk as a process: callers who do not pause, at less cost than a JVM can have them. */
final class Wrk {
    private static final Pattern FIGURE = Pattern.compile("^\\s*(50%|99%|Requests/sec:)\\s+([0-9.]+)(us|ms|s|m)?\\s*$");
    private static final Pattern COUNT = Pattern.compile("^\\s*([0-9]+) requests in .*$");
    private static final Pattern NOT_GOOD = Pattern.compile("^\\s*Non-2xx or 3xx responses: ([0-9]+)\\s*$");
    private static final String FAULT = "Socket errors";

    private final Path program;
    private final Path folder;

    private Wrk(Path program, Path folder) {
        this.program = program;
        this.folder = folder;
    }

    /**
     * Looks on the PATH.
     *
     * @param folder where its scripts and bodies may lie
     */
    static Optional<Wrk> find(Path folder) {
        return onPath("wrk").map(program -> new Wrk(program, folder));
    }

    /** {@return where a program of that name is} */
    static Optional<Path> onPath(String name) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(each -> Path.of(each, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** {@return what the server did} */
    Rate run(int port, Request request, int connections, Duration length) throws IOException, InterruptedException {
        Path body = Files.write(folder.resolve("wrk-body"), request.body());
        StringBuilder script =
                new StringBuilder("wrk.method = 'POST'\nlocal file = io.open('%s', 'rb')\n".formatted(body));
        script.append("wrk.body = file:read('*a')\nfile:close()\n");
        request.headers().forEach((name, value) -> script.append("wrk.headers['%s'] = '%s'\n".formatted(name, value)));
        Path lua = Files.writeString(folder.resolve("wrk.lua"), script);
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "-t1",
                "-c" + connections,
                "-d" + length.toSeconds() + "s",
                "--timeout",
                "30s",
                "--latency",
                "-s",
                lua.toString(),
                "http://127.0.0.1:" + port + request.path()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IOException("wrk ends with %d: %s".formatted(process.exitValue(), said));
            }
            return parse(said);
        } finally {
            process.destroy();
        }
    }

    /**
     * {@return what its report says}
     *
     * @throws WrongAnswerException when it says that answers did not come
     */
    static Rate parse(String report) {
        double perSecond = Double.NaN;
        double p50 = Double.NaN;
        double p99 = Double.NaN;
        long all = 0;
        long notGood = 0;
        for (String line : report.lines().toList()) {
            if (line.strip().startsWith(FAULT)) {
                throw new WrongAnswerException(line.strip());
            }
            Matcher count = COUNT.matcher(line);
            Matcher bad = NOT_GOOD.matcher(line);
            all = count.matches() ? Long.parseLong(count.group(1)) : all;
            notGood = bad.matches() ? Long.parseLong(bad.group(1)) : notGood;
            Matcher figure = FIGURE.matcher(line);
            if (figure.matches()) {
                double number = Double.parseDouble(figure.group(2));
                switch (figure.group(1)) {
                    case "50%" -> p50 = number * micros(figure.group(3));
                    case "99%" -> p99 = number * micros(figure.group(3));
                    default -> perSecond = number;
                }
            }
        }
        if (Double.isNaN(perSecond + p50 + p99) || all == 0) {
            throw new IllegalArgumentException("Not a report of wrk with --latency: " + report);
        }
        return new Rate(perSecond * (all - notGood) / all, p50, p99, notGood);
    }

    private static double micros(String unit) {
        return switch (unit) {
            case "us" -> 1;
            case "ms" -> 1e3;
            case "s" -> 1e6;
            case "m" -> 60e6;
            default -> throw new IllegalArgumentException("Not a unit of wrk: " + unit);
        };
    }
}
