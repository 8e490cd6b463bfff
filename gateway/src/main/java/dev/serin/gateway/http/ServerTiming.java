package dev.serin.gateway.http;

import dev.serin.gateway.predict.Timings;

/** Writes {@code Server-Timing}: where the time of a request went, in milliseconds to a tenth. */
final class ServerTiming {
    private static final long TENTH_OF_MILLI = 100_000;

    private ServerTiming() {}

    /** {@return the header's value; {@code writeNanos} below 0 when nothing was written yet} */
    static String format(long readNanos, Timings timings, long writeNanos) {
        StringBuilder text = new StringBuilder(96);
        append(text.append("read;dur="), readNanos + timings.decode());
        if (timings.load() > 0) {
            long millis = timings.load() / 1_000_000;
            text.append(", load;desc=\"cold, ")
                    .append(millis)
                    .append(" ms\";dur=")
                    .append(millis);
        }
        append(text.append(", queue;dur="), timings.queue());
        append(text.append(", run;dur="), timings.run());
        if (writeNanos >= 0) {
            append(text.append(", write;dur="), writeNanos);
        }
        return text.toString();
    }

    private static void append(StringBuilder text, long nanos) {
        long tenths = (nanos + TENTH_OF_MILLI / 2) / TENTH_OF_MILLI;
        text.append(tenths / 10).append('.').append((char) ('0' + tenths % 10));
    }
}
