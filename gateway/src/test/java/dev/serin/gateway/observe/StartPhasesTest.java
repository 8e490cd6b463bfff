package dev.serin.gateway.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StartPhasesTest {
    private final AtomicLong now = new AtomicLong(5_000_000_000L);
    private final StartPhases phases = new StartPhases(now::get);

    @Test
    void eachPhaseLastsFromTheEndOfTheOneBefore() {
        now.addAndGet(250_000_000);
        phases.end("open");
        now.addAndGet(1_500_000_000);
        phases.end("registry");

        assertThat(phases.scrape().lines().filter(line -> !line.contains("\"process\"")))
                .containsExactly(
                        "# HELP serin_start_seconds Where the time of the start went: process, open, registry, load,"
                                + " one after the other.",
                        "# TYPE serin_start_seconds gauge",
                        "serin_start_seconds{phase=\"open\"} 0.25",
                        "serin_start_seconds{phase=\"registry\"} 1.5");
    }

    @Test
    void whatCameBeforeIsThatOfTheProcess() {
        assertThat(phases.scrape()).containsPattern("serin_start_seconds\\{phase=\"process\"} \\d+\\.\\d+\n");
    }
}
