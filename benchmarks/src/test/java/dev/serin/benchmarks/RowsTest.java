package dev.serin.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowsTest {
    private final List<Row> rows = Benchmarks.rows(true);

    @Test
    void namesAreUniqueAndHealthComesLastBecauseItWatchesTheOthers() {
        assertThat(rows).extracting(Row::name).doesNotHaveDuplicates().last().isEqualTo("health");
    }

    @Test
    void everyRowIsExplained() throws Exception {
        String page = Files.readString(Path.of(System.getProperty("serin.basedir"), "docs/performance.md"));

        assertThat(rows)
                .allSatisfy(row -> assertThat(page.lines())
                        .as("docs/performance.md has a row for it")
                        .anyMatch(line -> line.startsWith("| `") && line.contains("`" + row.name() + "`")));
    }

    @Test
    void everyRowButTheDrawingAsksForSomething() {
        assertThat(rows)
                .filteredOn(row -> row.limits().isEmpty())
                .extracting(Row::name)
                .containsExactly("plot");
    }
}
