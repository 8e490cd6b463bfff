package dev.serin.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The checkout whose servers are measured, and how JVMs are started like its gateway. */
record Installation(Path home) {
    private static final Pattern GATEWAY_OPTIONS = Pattern.compile("(?m)^gateway_options='(.*)'$");

    Path launcher() {
        return home.resolve("serin");
    }

    Path sampleModels() {
        return home.resolve("models");
    }

    /** A program of ours in a JVM with the options that the launcher gives the gateway. */
    ProcessBuilder java(String main, String... arguments) throws IOException {
        Matcher options = GATEWAY_OPTIONS.matcher(Files.readString(launcher()));
        if (!options.find()) {
            throw new IllegalStateException(launcher() + " has no line gateway_options='…'");
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options.group(1).split(" ")));
        command.add(main);
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        // Not by -cp: ONNX Runtime 1.29 dies of a command line longer than 4 KiB.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        builder.environment().put("MALLOC_ARENA_MAX", "2"); // as the launcher has it
        return builder;
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
