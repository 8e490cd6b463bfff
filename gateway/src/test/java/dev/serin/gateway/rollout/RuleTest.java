package dev.serin.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.gateway.rollout.Verdict.Breach;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RuleTest {
    @ParameterizedTest
    @CsvSource({
        "ERRORS, 0.03097, 0.01, errors 3.1 % > 1 %",
        "ERRORS, 0.0303, 0.015, errors 3 % > 1.5 %",
        "ERRORS, 0.010004, 0.01, errors 1.0004 % > 1 %",
        "ERRORS, 0.5, 0, errors 50 % > 0 %",
        "DISAGREEMENT, 0.024, 0.02, disagreement 2.4 % > 2 %",
        "P99, 1.829, 1.5, p99 1.8 × > 1.5 × the primary's",
        "P50, 1.509, 1.5, p50 1.51 × > 1.5 × the primary's"
    })
    void valuesHaveTheDigitsThatTellThemApart(Rule rule, double measured, double limit, String text) {
        assertThat(rule.above(measured, limit)).isEqualTo(text);
    }

    @ParameterizedTest
    @EnumSource
    void aRuleIsFoundByItsSpelling(Rule rule) {
        assertThat(Rule.of(rule.label())).contains(rule);
    }

    @Test
    void anotherWordIsNoRule() {
        assertThat(Rule.of("support tickets")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"PT30S, 30 s", "PT5M, 5 min", "PT90S, 90 s", "PT2H, 2 h", "PT150M, 150 min"})
    void windowsAreOneNumber(Duration window, String text) {
        assertThat(new Breach(Rule.ERRORS, 1, 0.5, 1_234_567, 7_654_321).text(window))
                .isEqualTo("errors 100 %% > 50 %% over %s (1 234 567 of 7 654 321)".formatted(text));
    }
}
