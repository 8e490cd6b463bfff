package dev.serin.cli;

import java.io.IOException;

/** How many requests to its registry a gateway says that it has made. */
record Requests(long gets, long lists, long all) {
    private static final String NAME = "serin_registry_requests_total{";

    static Requests of(GatewayProcess gateway) throws IOException, InterruptedException {
        String metrics = gateway.metrics();
        return new Requests(
                count(metrics, "operation=\"get\""), count(metrics, "operation=\"list\""), count(metrics, ""));
    }

    private static long count(String metrics, String label) {
        return metrics.lines()
                .filter(line -> line.startsWith(NAME) && line.contains(label))
                .mapToLong(line -> Math.round(Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))))
                .sum();
    }
}
