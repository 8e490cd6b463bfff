package dev.serin.cli;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A JVM on the classes of this build that starts quickly, since a {@link Rehearsal} has gone before, once for all tests: it learns
 * of jars alone, so folders of classes are packed into such. Thread-safe; what it wrote is deleted when the tests end.
 */
final class FastJava {
    private static final String LEARNED = "learned";

    private final Path folder;
    private final String classPath;

    private FastJava() throws IOException, InterruptedException {
        folder = Files.createTempDirectory("serin-fast-java");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        classPath = jars();
        rehearse();
    }

    private static final class Holder {
        static final FastJava ONLY = create();

        private static FastJava create() {
            try {
                return new FastJava();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    static FastJava get() {
        return Holder.ONLY;
    }

    /** {@return the command as far as the name of the class, which may take more options; modifiable} */
    List<String> command() {
        List<String> command = java();
        command.add("-XX:AOTCache=" + folder.resolve(LEARNED));
        command.add("-Xlog:aot*=off,cds*=off");
        return command;
    }

    /** {@return for the environment, not for {@code -cp}: ONNX Runtime 1.29 dies of a command line longer than 4 KiB} */
    String classPath() {
        return classPath;
    }

    private static List<String> java() {
        return new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-Dserin.home=" + System.getProperty("serin.basedir")));
    }

    private String jars() throws IOException {
        String from = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> paths = new ArrayList<>();
        for (String entry : from.split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                paths.add(pack(path, folder.resolve(paths.size() + ".jar")).toString());
            } else if (Files.exists(path)) {
                paths.add(entry);
            }
        }
        return String.join(File.pathSeparator, paths);
    }

    private static Path pack(Path classes, Path jar) throws IOException {
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                entries.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, entries);
            }
        }
        return jar;
    }

    private void rehearse() throws IOException, InterruptedException {
        Path stage = Files.createDirectory(folder.resolve("stage"));
        Path log = folder.resolve("rehearsal.log");
        List<String> command = java();
        command.addAll(
                List.of("-XX:AOTCacheOutput=" + folder.resolve(LEARNED), "dev.serin.cli.Rehearsal", stage.toString()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        GatewayProcess.withoutSettings(builder.environment()).put("CLASSPATH", classPath);
        if (builder.start().waitFor() != 0 || !Files.exists(folder.resolve(LEARNED))) {
            throw new IllegalStateException("The rehearsal failed: " + Files.readString(log));
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted((a, b) -> b.compareTo(a)).collect(Collectors.toList())) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
