package dev.serin.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** Where a value lies on an axis, as a share of its length, and which values are marked on it. */
sealed interface Scale {
    /** {@return 0 at the beginning of the axis, 1 at its end; values beyond them lie there} */
    double at(double value);

    /** {@return what to mark, ascending} */
    List<Double> ticks();

    /** From nothing on, in equal steps. */
    record Linear(double to) implements Scale {
        private static final int MOST_TICKS = 8;

        /** One that holds this value, and ends at a mark. */
        static Linear upTo(double value) {
            double step = step(value);
            return new Linear(step * Math.ceil(value / step - 1e-9));
        }

        private static double step(double value) {
            double step = Math.pow(10, Math.floor(Math.log10(value)) - 1);
            for (int i = 0; value / step > MOST_TICKS; i++) {
                step *= i % 3 == 1 ? 2.5 : 2; // 1, 2, 5, 10
            }
            return step;
        }

        @Override
        public double at(double value) {
            return Math.clamp(value / to, 0, 1);
        }

        @Override
        public List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            double step = step(to);
            for (int i = 0; i * step <= to * (1 + 1e-9); i++) {
                ticks.add(i * step);
            }
            return ticks;
        }
    }

    /** From one power of ten to another, each of the same length. */
    record Logarithmic(int fromPower, int toPower) implements Scale {
        /** One that holds these values. */
        static Logarithmic holding(double least, double most) {
            int from = (int) Math.floor(Math.log10(least) + 1e-9);
            return new Logarithmic(from, Math.max(from + 1, (int) Math.ceil(Math.log10(most) - 1e-9)));
        }

        @Override
        public double at(double value) {
            return value <= 0 ? 0 : Math.clamp((Math.log10(value) - fromPower) / (toPower - fromPower), 0, 1);
        }

        @Override
        public List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            for (int power = fromPower; power <= toPower; power++) {
                ticks.add(Math.pow(10, power));
            }
            return ticks;
        }
    }
}
