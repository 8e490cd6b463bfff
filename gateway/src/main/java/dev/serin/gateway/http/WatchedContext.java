package dev.serin.gateway.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.ServerConnectionException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * A connection's own context, but that somebody hears of bytes, before they are waited for and when they came, and that none
 * leave in large pieces.
 */
final class WatchedContext implements ConnectionContext {
    private final ConnectionContext context;
    private final Watcher watcher;
    private final DataReader reader = DataReader.create(this::pull);
    private final DataWriter writer;

    WatchedContext(ConnectionContext context, Watcher watcher) {
        this.context = context;
        this.watcher = watcher;
        this.writer = new SlicedWriter(context.dataWriter());
    }

    /** Hears of bytes, on the connection's thread. */
    interface Watcher {
        /**
         * Bytes are waited for.
         *
         * @param left whether there are some already, too few for what is being read
         */
        void waits(boolean left);

        /** So many came. */
        void came(int bytes);
    }

    /** The socket is read here as Helidon's own reader does it, and without a copy. */
    private byte @Nullable [] pull() {
        DataReader before = context.dataReader();
        if (before.available() > 0) { // read while it was found out which protocol this is
            return before.readBytes(before.available());
        }
        watcher.waits(reader.available() > 0);
        try {
            byte[] bytes = context.serverSocket().get();
            watcher.came(bytes == null ? 0 : bytes.length);
            return bytes;
        } catch (UncheckedIOException e) {
            throw new ServerConnectionException("The connection cannot be read", e);
        }
    }

    @Override
    public DataReader dataReader() {
        return reader;
    }

    @Override
    public ListenerContext listenerContext() {
        return context.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return context.executor();
    }

    @Override
    public DataWriter dataWriter() {
        return writer;
    }

    @Override
    public Router router() {
        return context.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return context.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return context.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return context.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return context.localPeer();
    }

    @Override
    public boolean isSecure() {
        return context.isSecure();
    }

    @Override
    public String socketId() {
        return context.socketId();
    }

    @Override
    public String childSocketId() {
        return context.childSocketId();
    }
}
