package dev.serin.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A table without rules: headings in upper case, one record a line, never cut. */
final class Table {
    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();
    private final int columns;

    Table(String... headings) {
        columns = headings.length;
        rows.add(List.of(headings));
    }

    /** Adds a record, a cell for each heading; an empty cell is shown as {@code -}. */
    void row(String... cells) {
        if (cells.length != columns) {
            throw new IllegalArgumentException("A row needs %d cells, got %d".formatted(columns, cells.length));
        }
        rows.add(List.of(cells));
    }

    /** Prints all; the column headed STATE is coloured. */
    void print(Terminal terminal) {
        lines(terminal::colored).forEach(terminal::result);
    }

    /** {@return all of it, without colours} */
    List<String> lines() {
        return lines(UnaryOperator.identity());
    }

    private List<String> lines(UnaryOperator<String> colour) {
        int state = rows.getFirst().indexOf("STATE");
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < columns; column++) {
                String cell = shown(row.get(column));
                int padding = column == columns - 1 ? 0 : width(column) - cell.length();
                line.append(column == 0 ? "" : GAP)
                        .append(column == state ? colour.apply(cell) : cell)
                        .repeat(' ', padding);
            }
            lines.add(line.toString());
        }
        return lines;
    }

    private int width(int column) {
        return rows.stream()
                .mapToInt(row -> shown(row.get(column)).length())
                .max()
                .orElse(0);
    }

    private static String shown(String cell) {
        return cell.isEmpty() ? "-" : Words.line(cell);
    }
}
