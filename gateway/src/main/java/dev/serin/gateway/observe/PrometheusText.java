package dev.serin.gateway.observe;

/** Writes the Prometheus text format, version 0.0.4. One thread's. */
final class PrometheusText {
    private final StringBuilder text = new StringBuilder(16_384);

    /** Begins the samples of one metric. */
    void family(String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    /** Adds one sample; its labels come from {@link #labels}. */
    void sample(String name, String labels, long value) {
        begin(name, labels);
        text.append(value).append('\n');
    }

    /** Adds one sample; its labels come from {@link #labels}. */
    void sample(String name, String labels, double value) {
        begin(name, labels);
        text.append(value).append('\n');
    }

    private void begin(String name, String labels) {
        text.append(name);
        if (!labels.isEmpty()) {
            text.append('{').append(labels).append('}');
        }
        text.append(' ');
    }

    /** A metric of one sample without labels. */
    void single(String name, String type, String help, long value) {
        family(name, type, help);
        sample(name, "", value);
    }

    /** A metric of one sample without labels. */
    void single(String name, String type, String help, double value) {
        family(name, type, help);
        sample(name, "", value);
    }

    /** {@return names and values alternating, joined and escaped} */
    static String labels(String... namesAndValues) {
        StringBuilder joined = new StringBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            joined.append(i == 0 ? "" : ",").append(namesAndValues[i]).append("=\"");
            escape(joined, namesAndValues[i + 1]);
            joined.append('"');
        }
        return joined.toString();
    }

    private static void escape(StringBuilder joined, String value) {
        for (int i = 0; i < value.length(); i++) {
            char sign = value.charAt(i);
            switch (sign) {
                case '\\' -> joined.append("\\\\");
                case '"' -> joined.append("\\\"");
                case '\n' -> joined.append("\\n");
                default -> joined.append(sign);
            }
        }
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
