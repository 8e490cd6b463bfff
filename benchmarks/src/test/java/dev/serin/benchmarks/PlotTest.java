package dev.serin.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class PlotTest {
    @Test
    void everyPowerOfTenIsOfTheSameLength() {
        Scale scale = Scale.Logarithmic.holding(0.05, 80);

        assertThat(scale.ticks()).containsExactly(0.01, 0.1, 1.0, 10.0, 100.0);
        assertThat(scale.at(0.01)).isZero();
        assertThat(scale.at(1)).isCloseTo(0.5, within(1e-9));
        assertThat(scale.at(100)).isEqualTo(1);
    }

    @Test
    void whatALogarithmCannotShowLiesAtTheBeginning() {
        Scale scale = Scale.Logarithmic.holding(1, 1);

        assertThat(scale.ticks()).containsExactly(1.0, 10.0);
        assertThat(scale.at(0)).isZero();
        assertThat(scale.at(1e9)).isEqualTo(1);
    }

    @Test
    void aLinearAxisBeginsAtNothingAndEndsAtAMark() {
        Scale scale = Scale.Linear.upTo(47_300);

        assertThat(scale.ticks()).startsWith(0.0).endsWith(50_000.0).hasSizeBetween(4, 9);
        assertThat(scale.at(25_000)).isCloseTo(0.5, within(1e-9));
    }

    @Test
    void theDrawingHasAPointForEachThatWasMeasuredAndNamesItsCurves() throws Exception {
        Figures figures = Figures.of("peak_per_second", 40_000);
        for (String name : Curves.NAMES) {
            figures =
                    figures.and(name + "_at_10", 0.2).and(name + "_at_120", 90).and(name + "_at_50", Double.NaN);
        }

        String svg = Curves.plot(figures).svg();
        Document document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));

        assertThat(document.getElementsByTagName("circle").getLength()).isEqualTo(4 * 2);
        assertThat(List.of("gateway p99", "echo p50", "milliseconds", "offered requests a second"))
                .allSatisfy(text -> assertThat(svg).contains(text));
    }
}
