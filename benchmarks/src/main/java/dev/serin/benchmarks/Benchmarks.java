package dev.serin.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Measures the gateway against its baselines, row by row: prints a table, writes the figures as JSON and the latency against the
 * offered load as SVG. Exits with 0 when every row is met, 1 when one is not, 2 for a wrong command line, 3 when the run is void.
 */
public final class Benchmarks {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final Options options;
    private final Bench bench;
    private final List<Outcome> outcomes = new ArrayList<>();

    private Benchmarks(Options options, Bench bench) {
        this.options = options;
        this.bench = bench;
    }

    /** Takes the arguments of {@code benchmarks/run}. */
    @SuppressWarnings("SystemOut") // the table is what it is for
    public static void main(String[] arguments) throws Exception {
        Options options;
        List<Row> wanted;
        try {
            options = Options.parse(List.of(arguments));
            wanted = wanted(options);
        } catch (IllegalArgumentException e) {
            System.err.println("benchmarks/run: " + e.getMessage() + "\n\n" + Options.USAGE);
            System.exit(2);
            return;
        }
        Installation installation = new Installation(
                Path.of(System.getProperty("serin.home", ".")).toAbsolutePath().normalize());
        Instant began = Instant.now();
        Path folder = Files.createDirectories(installation.home().resolve("target/benchmarks"));
        Path json = folder.resolve(STAMP.format(began) + ".json");
        Report report;
        try (Bench bench = new Bench(options, installation)) {
            Benchmarks run = new Benchmarks(options, bench);
            bench.echo(); // its rate decides whether the run is void
            wanted.forEach(run::measure);
            report = new Report(
                    Machine.read(installation.home()),
                    options,
                    began,
                    bench.generator(),
                    bench.echoPerSecond(),
                    run.outcomes);
            report.write(json);
            bench.endServers();
            for (Path recording : bench.recordings()) {
                hottest(recording, folder, began);
            }
            if (options.json().isPresent()) {
                report.write(options.json().get());
            }
        }
        (options.lines() ? System.err : System.out).print(report.table());
        if (options.lines()) {
            System.out.print(report.lines());
        }
        System.err.println("\nfigures: " + json);
        Path svg = folder.resolve(STAMP.format(began) + ".svg");
        if (draw(report, svg)) {
            System.err.println("latency against load: " + svg);
        }
        System.exit(report.status());
    }

    /** Keeps the recording, and prints where the time went. */
    private static void hottest(Path recording, Path folder, Instant began) throws IOException {
        if (!Files.exists(recording)) {
            return; // of a gateway that did not start
        }
        Path kept = Files.move(
                recording,
                folder.resolve(STAMP.format(began) + "-" + recording.getFileName()),
                StandardCopyOption.REPLACE_EXISTING);
        Bench.say("\nprofile: " + kept);
        Bench.say(Profile.of(kept));
    }

    private static boolean draw(Report report, Path svg) throws IOException {
        for (Outcome outcome : report.outcomes()) {
            if (outcome.row().name().equals("plot") && !outcome.rounds().isEmpty()) {
                Files.writeString(
                        svg, Curves.plot(Figures.medians(outcome.rounds())).svg());
                return true;
            }
        }
        return false;
    }

    /** {@return all rows in the order in which they are measured: health comes last, it watched the others} */
    static List<Row> rows(boolean peers) {
        return Stream.of(
                        HttpRows.all(),
                        ModelRows.all(),
                        LoadRows.all(),
                        LifeRows.all(),
                        peers ? PeerRows.all() : List.<Row>of(),
                        List.of(LifeRows.health()))
                .flatMap(List::stream)
                .toList();
    }

    private static List<Row> wanted(Options options) {
        List<Row> all = rows(options.peers());
        List<String> names = all.stream().map(Row::name).toList();
        options.rows().stream()
                .filter(name -> !names.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new IllegalArgumentException(
                            "There is no row '%s'; there are %s".formatted(name, String.join(", ", names)));
                });
        return all.stream().filter(row -> options.wants(row.name())).toList();
    }

    /** Measures this row, whatever became of those before. */
    private void measure(Row row) {
        bench.health().during(row.name());
        List<Figures> rounds = new ArrayList<>();
        Outcome outcome;
        try {
            row.preparation().prepare(bench);
            for (int round = 1; round <= Math.min(options.rounds(), row.rounds()); round++) {
                Cores before = bench.cores();
                Figures figures = row.measurement().measure(bench);
                rounds.add(figures.and("others_percent", 100 * bench.cores().othersSince(before)));
                Bench.say("%s, round %d: %s"
                        .formatted(row.name(), round, rounds.getLast().byName()));
            }
            outcome = Outcome.measured(row, rounds);
        } catch (WrongAnswerException e) {
            outcome = new Outcome(row, Verdict.WRONG, rounds, String.valueOf(e.getMessage()));
        } catch (SkippedException e) {
            outcome = new Outcome(row, Verdict.SKIPPED, rounds, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            outcome = new Outcome(row, Verdict.FAILED, rounds, "interrupted");
        } catch (Exception e) { // a row that fails says so and leaves the others alone
            outcome = new Outcome(row, Verdict.FAILED, rounds, e.toString());
        }
        if (!outcome.reason().isEmpty()) {
            Bench.say("%s is %s: %s".formatted(row.name(), outcome.verdict(), outcome.reason()));
        }
        outcomes.add(outcome);
    }
}
