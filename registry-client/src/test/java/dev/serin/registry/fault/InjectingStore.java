package dev.serin.registry.fault;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A store that answers wrongly where a test wants it to: passes requests on to a real one, byte for byte so that
 * signatures hold, and keeps a log of them. Each connection serves one request. Thread-safe.
 */
public final class InjectingStore implements AutoCloseable {
    private final ServerSocket server;
    private final URI store;
    private final List<Request> log = new CopyOnWriteArrayList<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile Rule rule = (_, next) -> next.answer();

    /**
     * A request as it came.
     *
     * @param headers by lower-case name
     */
    public record Request(String method, String target, Map<String, String> headers) {
        /** {@return whether it asks for a listing} */
        public boolean isList() {
            return method.equals("GET") && target.contains("list-type=2");
        }

        /** {@return whether it asks for an object whose key ends like this} */
        public boolean isGet(String end) {
            return method.equals("GET")
                    && !isList()
                    && target.replaceFirst("\\?.*", "").endsWith(end);
        }
    }

    /**
     * An answer.
     *
     * @param headers by lower-case name; the length is added where it is not said
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Response(int status, Map<String, String> headers, byte[] body) {
        /** {@return a document} */
        public static Response of(int status, String type, String body) {
            return new Response(status, Map.of("content-type", type), body.getBytes(StandardCharsets.UTF_8));
        }

        /** {@return an error as S3 words it} */
        public static Response error(int status, String code) {
            return of(
                    status,
                    "application/xml",
                    "<?xml version=\"1.0\"?>\n<Error><Code>%s</Code><Message>injected</Message></Error>"
                            .formatted(code));
        }

        /** {@return the same with another header} */
        public Response with(String name, String value) {
            Map<String, String> changed = new TreeMap<>(headers);
            changed.put(name, value);
            return new Response(status, changed, body);
        }

        /** {@return the same head with another body, whose length it tells} */
        public Response withBody(byte[] other) {
            Map<String, String> changed = new TreeMap<>(headers);
            changed.remove("content-length");
            return new Response(status, changed, other);
        }

        /** {@return the same head with another body, about whose length it lies} */
        public Response withBodyBehindTheSameHead(byte[] other) {
            return new Response(status, headers, other);
        }
    }

    /** Decides what is answered. */
    @FunctionalInterface
    public interface Rule {
        Response answer(Request request, Next store) throws IOException;
    }

    /** The real store; asked at most once. */
    @FunctionalInterface
    public interface Next {
        Response answer() throws IOException;
    }

    private InjectingStore(ServerSocket server, URI store) {
        this.server = server;
        this.store = store;
    }

    /** {@return one before that store, on a free port of this machine, faithful at first} */
    public static InjectingStore before(URI store) throws IOException {
        InjectingStore injecting = new InjectingStore(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), store);
        Thread.ofVirtual().name("injecting-store").start(injecting::accept);
        return injecting;
    }

    /** {@return where to find it} */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    /** Answers by this rule from now on. */
    public void answerBy(Rule newRule) {
        rule = newRule;
    }

    /** Answers these requests so, and passes the others on. */
    public void answer(Predicate<Request> which, Response response) {
        rule = (request, next) -> which.test(request) ? response : next.answer();
    }

    /** Passes everything on. */
    public void beFaithful() {
        rule = (_, next) -> next.answer();
    }

    /** {@return every request so far, in the order of their arrival} */
    public List<Request> log() {
        return List.copyOf(log);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                sockets.add(client);
                Thread.ofVirtual().name("injecting-store-request").start(() -> serve(client));
            } catch (IOException _) {
                return; // closed
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = new BufferedInputStream(client.getInputStream());
            Optional<Message> read = Message.read(in);
            if (read.isPresent()) {
                Message message = read.get();
                byte[] body = message.readBody(in);
                String[] line = message.firstLine().split(" ", 3);
                Request request = new Request(line[0], line[1], message.headers());
                log.add(request);
                Response response = rule.answer(request, () -> ask(message, body));
                write(client.getOutputStream(), response);
            }
        } catch (IOException _) {
            // one side has gone; the other notices
        } finally {
            sockets.remove(client);
        }
    }

    private Response ask(Message message, byte[] body) throws IOException {
        try (Socket socket = new Socket(store.getHost(), store.getPort())) {
            OutputStream out = socket.getOutputStream();
            out.write(message.head("connection: close").getBytes(StandardCharsets.ISO_8859_1));
            out.write(body);
            out.flush();
            InputStream in = new BufferedInputStream(socket.getInputStream());
            Message answer = Message.read(in).orElseThrow(EOFException::new);
            int status = Integer.parseInt(answer.firstLine().split(" ", 3)[1]);
            byte[] content = status == 304 ? new byte[0] : answer.readBodyOfAnswer(in);
            Map<String, String> headers = new TreeMap<>(answer.headers());
            headers.keySet().removeAll(Set.of("connection", "transfer-encoding"));
            return new Response(status, headers, content);
        }
    }

    private static void write(OutputStream out, Response response) throws IOException {
        Map<String, String> headers = new TreeMap<>(response.headers());
        if (response.status() != 304 && response.status() != 204) {
            headers.putIfAbsent("content-length", Integer.toString(response.body().length));
        }
        headers.put("connection", "close");
        String lines = headers.entrySet().stream()
                .map(header -> header.getKey() + ": " + header.getValue() + "\r\n")
                .collect(Collectors.joining());
        out.write(("HTTP/1.1 " + response.status() + " Injected\r\n" + lines + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        out.write(response.body());
        out.flush();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** The head of a request or an answer, its lines kept as they came. */
    private record Message(String firstLine, List<String> lines, Map<String, String> headers) {
        static Optional<Message> read(InputStream in) throws IOException {
            String first = line(in);
            if (first.isEmpty()) {
                return Optional.empty();
            }
            List<String> lines = new ArrayList<>();
            Map<String, String> headers = new TreeMap<>();
            for (String line = line(in); !line.isEmpty(); line = line(in)) {
                int colon = line.indexOf(':');
                lines.add(line);
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
            return Optional.of(new Message(first, lines, headers));
        }

        private static String line(InputStream in) throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
                if (b != '\r') {
                    line.write(b);
                }
            }
            return line.toString(StandardCharsets.ISO_8859_1);
        }

        byte[] readBody(InputStream in) throws IOException {
            if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
                return readChunks(in);
            }
            String length = headers.get("content-length");
            return length == null ? new byte[0] : in.readNBytes(Integer.parseInt(length));
        }

        /** An answer without a length ends with its connection. */
        byte[] readBodyOfAnswer(InputStream in) throws IOException {
            boolean open = !headers.containsKey("content-length") && !headers.containsKey("transfer-encoding");
            return open ? in.readAllBytes() : readBody(in);
        }

        private static byte[] readChunks(InputStream in) throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (int size = chunkSize(in); size > 0; size = chunkSize(in)) {
                body.write(in.readNBytes(size));
                line(in);
            }
            return body.toByteArray();
        }

        private static int chunkSize(InputStream in) throws IOException {
            return Integer.parseInt(line(in).replaceFirst(";.*", "").strip(), 16);
        }

        /** The head, with one header instead of the one of that name. */
        String head(String header) {
            String name = header.substring(0, header.indexOf(':') + 1);
            return firstLine + "\r\n"
                    + lines.stream()
                            .filter(line -> !line.toLowerCase(Locale.ROOT).startsWith(name))
                            .map(line -> line + "\r\n")
                            .collect(Collectors.joining())
                    + header + "\r\n\r\n";
        }
    }
}
