package dev.serin.cli;

import dev.serin.registry.ArtifactPath;
import dev.serin.registry.format.Layout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of a version to be, by the name each will have there. */
final class Upload {
    private static final String HINT = "serin register -h";
    private static final Set<String> OWN_FILES = Set.of(Layout.MANIFEST, Layout.SIGNATURE);

    private final Shell shell;
    private final SortedMap<String, Path> files = new TreeMap<>();

    private Upload(Shell shell) {
        this.shell = shell;
    }

    /** Collects files, and whatever lies in directories. The only {@code .onnx} file becomes {@code model.onnx}. */
    static SortedMap<ArtifactPath, Path> collect(Shell shell, List<String> arguments) {
        var upload = new Upload(shell);
        arguments.forEach(upload::add);
        upload.nameTheModel();
        return upload.artifacts();
    }

    private void add(String argument) {
        Path path = shell.resolve(argument);
        if (Files.isDirectory(path)) {
            addAll(path);
        } else if (Files.isRegularFile(path)) {
            put(String.valueOf(path.getFileName()), path);
        } else {
            throw new CliException(ExitCode.NOT_FOUND, "there is no file '%s'".formatted(argument), HINT);
        }
    }

    private void addAll(Path directory) {
        try (Stream<Path> below = Files.walk(directory)) {
            below.filter(Files::isRegularFile).forEach(path -> {
                String name = directory.relativize(path).toString();
                if (!isHidden(name) && !OWN_FILES.contains(name)) { // the registry's own files, not the model's
                    put(name, path);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isHidden(String name) {
        return name.startsWith(".") || name.contains("/.");
    }

    private void put(String name, Path path) {
        Path other = files.putIfAbsent(name, path);
        if (other != null && !other.equals(path)) {
            throw new CliException(
                    ExitCode.USAGE, "two files would be named '%s': %s and %s".formatted(name, other, path), HINT);
        }
    }

    private void nameTheModel() {
        if (files.containsKey(ArtifactPath.MODEL.value())) {
            return;
        }
        List<String> models = files.keySet().stream()
                .filter(name -> name.endsWith(".onnx") && !name.contains("/"))
                .toList();
        if (models.size() != 1) {
            String given =
                    models.isEmpty() ? "none of the files ends in .onnx" : "given are " + String.join(", ", models);
            throw new CliException(
                    ExitCode.USAGE,
                    "one file must be the model: model.onnx, or the only one that ends in .onnx; " + given,
                    HINT);
        }
        Path model = files.remove(models.getFirst());
        if (model != null) {
            files.put(ArtifactPath.MODEL.value(), model);
        }
    }

    private SortedMap<ArtifactPath, Path> artifacts() {
        SortedMap<ArtifactPath, Path> artifacts = new TreeMap<>();
        files.forEach((name, path) -> {
            try {
                artifacts.put(new ArtifactPath(name), path);
            } catch (IllegalArgumentException e) {
                throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), HINT);
            }
        });
        return Collections.unmodifiableSortedMap(artifacts);
    }
}
