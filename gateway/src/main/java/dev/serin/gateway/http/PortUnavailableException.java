package dev.serin.gateway.http;

import java.io.IOException;
import java.net.BindException;
import java.util.Objects;

/** An address cannot be listened on. The message can be shown to whoever starts the gateway. */
public final class PortUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private PortUnavailableException(String message) {
        super(message);
    }

    private PortUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }

    static PortUnavailableException of(String key, String flag, String host, int port, BindException cause) {
        String said = Objects.requireNonNullElse(cause.getMessage(), "");
        if (said.contains("in use")) {
            return inUse(key, flag, host, port);
        }
        if (said.contains("denied")) {
            return new PortUnavailableException(
                    "port %d may not be listened on by this user; choose one from 1024 up with %s or %s"
                            .formatted(port, key, flag),
                    cause);
        }
        return noSuchHost(key.replace(".port", ".host"), host, cause);
    }

    static PortUnavailableException inUse(String key, String flag, String host, int port) {
        return new PortUnavailableException(("port %d is in use: another program listens on %s:%d; "
                        + "choose another with %s or %s, or %s 0 for a free one")
                .formatted(port, host, port, key, flag, flag));
    }

    static PortUnavailableException noSuchHost(String key, String host, IOException cause) {
        return new PortUnavailableException(
                ("%s is '%s', which is not an address of this machine; "
                                + "127.0.0.1 takes calls from here only, 0.0.0.0 from everywhere")
                        .formatted(key, host),
                cause);
    }
}
