package dev.serin.registry.fault;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Ports for processes that bind them later, and perhaps again after they were killed. */
public final class FreePort {
    /** Below those that Linux gives to outgoing connections (32768 and up), one of which may be there first otherwise. */
    private static final int FIRST = 20_000;

    private static final int COUNT = 12_000;

    private static final AtomicInteger NEXT = new AtomicInteger(
            ThreadLocalRandom.current().nextInt(COUNT)); // else JVMs at work together would ask for the same

    private FreePort() {}

    /** {@return one that nobody listens at, that no outgoing connection takes, and that was not found lately} */
    public static int find() {
        for (int tries = 0; tries < COUNT; tries++) {
            int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
            try (ServerSocket free = new ServerSocket()) {
                free.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return port;
            } catch (IOException _) {
                // taken: another one
            }
        }
        throw new IllegalStateException("Of %d ports from %d none can be bound".formatted(COUNT, FIRST));
    }
}
