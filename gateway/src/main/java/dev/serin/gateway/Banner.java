package dev.serin.gateway;

import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.http.GatewayServer;
import dev.serin.gateway.observe.Events;
import dev.serin.gateway.routing.Router;
import dev.serin.registry.signing.TrustedKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What a start says of itself: what runs where, what was loaded, and a call that works as pasted. */
final class Banner {
    private static final double GIB = 1L << 30;

    private final Events events;
    private final Catalog catalog;
    private final GatewayConfig config;

    Banner(Events events, Catalog catalog, GatewayConfig config) {
        this.events = events;
        this.catalog = catalog;
        this.config = config;
    }

    /** {@return the version of this build, which its jar tells} */
    static String version() {
        return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("unreleased");
    }

    /** {@return whether a person looks at standard output; the launcher has looked} */
    static boolean isTerminal() {
        return Boolean.getBoolean("serin.terminal");
    }

    void starting(String onnxRuntime) {
        double heap = Runtime.getRuntime().maxMemory() / GIB;
        double models = config.sessions().memoryLimitBytes() / GIB;
        String java = System.getProperty("java.version");
        int cores = Runtime.getRuntime().availableProcessors();
        events.starting(
                String.format(
                        Locale.ROOT,
                        "Serin %s · Java %s · ONNX Runtime %s · %d cores · heap %.1f GiB, models %.1f GiB",
                        version(),
                        java,
                        onnxRuntime,
                        cores,
                        heap,
                        models),
                Map.of("version", version(), "java", java, "onnxruntime", onnxRuntime, "cores", cores));
        events.configLoaded(config.origin());
        config.warnings().forEach(events::configWarning);
    }

    void registryRead(String location) {
        Optional<String> trusted = config.registry().trustedKeys().map(TrustedKeys::names);
        events.registryRead(location, catalog.models().size(), (int) versions().count(), trusted);
    }

    void ready(Duration took, GatewayServer server) {
        List<CatalogVersion> loaded =
                versions().filter(CatalogVersion::isEligible).toList();
        String main = url(config.http().host(), server.port());
        String management = url(config.http().management().host(), server.managementPort());
        List<String> notes = new ArrayList<>();
        notes.add("%s/models   what is served      %s/   metrics, health".formatted(main, management));
        if (catalog.models().isEmpty()) {
            notes.add("the registry is empty: it holds <model>/<version>/model.onnx");
            notes.add("serin register MODEL/1 model.onnx   puts the first one there");
        }
        catalog.models().stream()
                .flatMap(model -> answering(model).stream())
                .filter(CatalogVersion::isEligible)
                .findFirst()
                .map(version -> call(main, version))
                .ifPresent(notes::add);
        int known = (int) versions().count();
        events.ready(took, loaded.size(), known, server.port(), server.managementPort(), notes);
    }

    private static String url(String host, int port) {
        return "http://%s:%d".formatted(host.contains(":") ? "[" + host + "]" : host, port);
    }

    /** The version whose example a call that names none is answered by. */
    private static Optional<CatalogVersion> answering(CatalogModel model) {
        try {
            return Optional.of(Router.usual(model));
        } catch (ServingException _) {
            return Optional.empty(); // all of it is retired, or its primary is not there
        }
    }

    private static String call(String main, CatalogVersion version) {
        String body = version.loaded().map(loaded -> loaded.report().example()).orElse("{}");
        return "curl %s/models/%s/predict -d '%s'".formatted(main, version.id().model(), body.replace("'", "'\\''"));
    }

    private Stream<CatalogVersion> versions() {
        return catalog.models().stream().flatMap(model -> model.versions().stream());
    }
}
