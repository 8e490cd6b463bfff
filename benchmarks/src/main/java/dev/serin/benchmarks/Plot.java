package dev.serin.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Curves over a linear axis, against a logarithmic one, as SVG. */
record Plot(String title, String xLabel, String yLabel, List<Curve> curves) {
    private static final int WIDTH = 860;
    private static final int HEIGHT = 520;
    private static final int LEFT = 80;
    private static final int RIGHT = 130;
    private static final int TOP = 50;
    private static final int BOTTOM = 70;

    /** The gateway in red, what it is compared with in blue; p99 dark and drawn through, p50 light and dashed. */
    private static final List<String> COLOURS = List.of("#b03a2e", "#e59866", "#1f5fa8", "#85b7e6");

    Plot {
        curves = List.copyOf(curves);
    }

    record Point(double x, double y) {}

    /** A line through points, ascending in x. */
    record Curve(String label, List<Point> points) {
        Curve {
            points = List.copyOf(points);
        }
    }

    String svg() {
        double[] ys = curves.stream()
                .flatMap(curve -> curve.points().stream())
                .mapToDouble(Point::y)
                .filter(y -> y > 0)
                .toArray();
        double most = curves.stream()
                .flatMap(curve -> curve.points().stream())
                .mapToDouble(Point::x)
                .max()
                .orElse(1);
        Scale x = Scale.Linear.upTo(most);
        Scale y = Scale.Logarithmic.holding(
                Arrays.stream(ys).min().orElse(0.1), Arrays.stream(ys).max().orElse(10));
        StringBuilder svg = new StringBuilder();
        add(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %1$d %2$d\""
                        + " font-family=\"sans-serif\" font-size=\"13\">",
                WIDTH,
                HEIGHT);
        add(svg, "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>", WIDTH, HEIGHT);
        text(svg, LEFT, TOP - 22, "start", title, " font-size=\"16\"");
        for (double tick : x.ticks()) {
            line(svg, across(x.at(tick)), up(0), across(x.at(tick)), up(1));
            text(svg, across(x.at(tick)), up(0) + 20, "middle", "%,.0f".formatted(tick), "");
        }
        for (double tick : y.ticks()) {
            line(svg, across(0), up(y.at(tick)), across(1), up(y.at(tick)));
            text(svg, across(0) - 8, up(y.at(tick)) + 4, "end", number(tick), "");
        }
        text(svg, across(0.5), HEIGHT - 20, "middle", xLabel, "");
        double middle = up(0.5);
        text(svg, 24, middle, "middle", yLabel, " transform=\"rotate(-90 24 %.1f)\"".formatted(middle));
        for (int i = 0; i < curves.size(); i++) {
            curve(svg, x, y, curves.get(i), i);
        }
        return svg.append("</svg>\n").toString();
    }

    private static void curve(StringBuilder svg, Scale x, Scale y, Curve curve, int index) {
        String colour = COLOURS.get(index % COLOURS.size());
        String dashes = index % 2 == 1 ? " stroke-dasharray=\"6 4\"" : "";
        StringBuilder path = new StringBuilder();
        for (Point point : curve.points()) {
            path.append(
                    "%s%.1f %.1f".formatted(path.isEmpty() ? "M" : " L", across(x.at(point.x())), up(y.at(point.y()))));
        }
        add(svg, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>", path, colour, dashes);
        for (Point point : curve.points()) {
            add(
                    svg,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>%s: %s at %s</title></circle>",
                    across(x.at(point.x())),
                    up(y.at(point.y())),
                    colour,
                    curve.label(),
                    number(point.y()),
                    number(point.x()));
        }
        double row = TOP + 14 + 22 * index; // the legend stands beside the axes
        add(
                svg,
                "<path d=\"M%d %.1f h26\" stroke=\"%s\" stroke-width=\"2\"%s/>",
                WIDTH - RIGHT + 12,
                row - 4,
                colour,
                dashes);
        text(svg, WIDTH - RIGHT + 44, row, "start", curve.label(), "");
    }

    private static String number(double value) {
        return value >= 100
                ? "%,.0f".formatted(value)
                : String.format(Locale.ROOT, "%.3g", value)
                        .replaceAll("(\\.[0-9]*?)0+$", "$1")
                        .replaceAll("\\.$", "");
    }

    private static double across(double share) {
        return LEFT + share * (WIDTH - LEFT - RIGHT);
    }

    private static double up(double share) {
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    }

    private static void line(StringBuilder svg, double x1, double y1, double x2, double y2) {
        add(svg, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>", x1, y1, x2, y2);
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String text, String more) {
        add(
                svg,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>",
                x,
                y,
                anchor,
                more,
                text.replace("&", "&amp;").replace("<", "&lt;"));
    }

    private static void add(StringBuilder svg, String form, Object... values) {
        svg.append(String.format(Locale.ROOT, form, values)).append('\n');
    }
}
