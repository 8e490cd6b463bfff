package dev.serin.gateway;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** What people call this machine, or its container. */
final class HostName {
    private HostName() {}

    /** {@return the name; {@code unknown} where the machine itself does not know it} */
    static String get() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException _) {
            return "unknown";
        }
    }
}
