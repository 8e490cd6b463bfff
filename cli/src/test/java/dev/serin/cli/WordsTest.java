package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class WordsTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:03:41Z");

    @Test
    void sizesHaveThreeDigitsAtMost() {
        assertThat(Words.size(0)).isEqualTo("0 B");
        assertThat(Words.size(812)).isEqualTo("812 B");
        assertThat(Words.size(1024)).isEqualTo("1 KiB");
        assertThat(Words.size(11_873)).isEqualTo("11.6 KiB");
        assertThat(Words.size(421L << 20)).isEqualTo("421 MiB");
        assertThat(Words.size(3L << 39)).isEqualTo("1.5 TiB");
    }

    @Test
    void agesHaveOneUnit() {
        assertThat(age(Duration.ofMillis(400))).isEqualTo("just now");
        assertThat(age(Duration.ofSeconds(41))).isEqualTo("41s ago");
        assertThat(age(Duration.ofMinutes(59))).isEqualTo("59m ago");
        assertThat(age(Duration.ofHours(47))).isEqualTo("47h ago");
        assertThat(age(Duration.ofDays(3))).isEqualTo("3d ago");
        assertThat(age(Duration.ofHours(-1))).isEqualTo("just now");
    }

    @Test
    void timesAreUtc() {
        assertThat(Words.time(NOW)).isEqualTo("2026-11-22 12:03 UTC");
    }

    @Test
    void timesOfTheSameDayNeedNoDate() {
        assertThat(Words.clock(NOW.plus(Duration.ofMinutes(9)), NOW)).isEqualTo("12:12");
        assertThat(Words.clock(NOW.plus(Duration.ofHours(12)), NOW)).isEqualTo("2026-11-23 00:03");
        assertThat(Words.second(NOW, NOW.plus(Duration.ofHours(1)))).isEqualTo("12:03:41");
    }

    @Test
    void durationsHaveTheUnitThatSaysThemWhole() {
        assertThat(Words.duration(Duration.ofMillis(250))).isEqualTo("250 ms");
        assertThat(Words.duration(Duration.ofSeconds(90))).isEqualTo("90 s");
        assertThat(Words.duration(Duration.ofMinutes(5))).isEqualTo("5 min");
        assertThat(Words.duration(Duration.ofHours(2))).isEqualTo("2 h");
    }

    @Test
    void signsThatATerminalWouldObeyAreShownAsOdd() {
        assertThat(Words.printable("a\u001b[2J b\tc\nd")).isEqualTo("a\uFFFD[2J b\uFFFDc\nd");
        assertThat(Words.printable("\u009b2J \u202ereversed")).isEqualTo("\uFFFD2J \uFFFDreversed");
        assertThat(Words.line("retrained\nsigned       by ana")).isEqualTo("retrained signed       by ana");
    }

    private static String age(Duration age) {
        return Words.age(NOW.minus(age), NOW);
    }
}
