package dev.serin.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What the figures of a run were got on. */
record Machine(String processor, int cores, String java, String kernel, String commit) {
    static Machine read(Path home) {
        return new Machine(
                ask(home, "sh", "-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1"),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                ask(home, "git", "describe", "--always", "--dirty", "--abbrev=12"));
    }

    private static String ask(Path home, String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(home.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 && !said.isEmpty() ? said : "unknown";
        } catch (IOException e) {
            return "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "unknown";
        }
    }
}
