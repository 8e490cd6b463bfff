package dev.serin.gateway.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordingTest {
    @ParameterizedTest
    @CsvSource({
        "PT0S, 0 s",
        "PT59.9S, 59 s",
        "PT5M12S, 5 min 12 s",
        "PT3H5M59S, 3 h 5 min",
        "PT51H, 2 d 3 h",
    })
    void aTimeIsSaidInItsTwoLargestUnits(Duration time, String words) {
        assertThat(Wording.duration(time)).isEqualTo(words);
    }
}
