/**
 * Reads, verifies and publishes model versions in a directory. Knows neither ONNX nor HTTP, and logs nothing: what it has
 * to say are return values, exceptions, and a listener for requests.
 */
module dev.serin.registry {
    requires static transitive org.jspecify;
    requires transitive com.fasterxml.jackson.databind;

    exports dev.serin.registry;
    exports dev.serin.registry.directory;
    exports dev.serin.registry.format;
    exports dev.serin.registry.store;
    exports dev.serin.registry.watch;
}
