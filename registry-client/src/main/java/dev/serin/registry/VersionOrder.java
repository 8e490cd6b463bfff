package dev.serin.registry;

import java.util.Comparator;

/**
 * The order of versions. Two ordered versions are read side by side, a run of digits as one number, until they differ;
 * then what comes next in each decides, by rank: {@code -<letter>}, which marks a pre-release; the end; a number;
 * any other character. Ranking what comes next, rather than comparing whole runs, is what keeps the order transitive:
 * {@code 1-rc < 1 < 1-5}.
 */
final class VersionOrder {
    private static final int PRE_RELEASE = 0;
    private static final int END = 1;
    private static final int NUMBER = 2;
    private static final int CHARACTER = 3;

    private static final Comparator<RegisteredVersion> BY_AGE = Comparator.comparing(RegisteredVersion::createdAt)
            .thenComparing(version -> version.id().version().value());

    private VersionOrder() {}

    static int compare(ModelVersion a, ModelVersion b) {
        if (a.isOrdered() != b.isOrdered()) {
            return a.isOrdered() ? 1 : -1;
        }
        int order = a.isOrdered() ? compareSideBySide(a.value(), b.value()) : 0;
        return order != 0 ? order : a.value().compareTo(b.value());
    }

    static int compare(RegisteredVersion a, RegisteredVersion b) {
        ModelVersion versionA = a.id().version();
        ModelVersion versionB = b.id().version();
        return versionA.isOrdered() || versionB.isOrdered() ? compare(versionA, versionB) : BY_AGE.compare(a, b);
    }

    private static int compareSideBySide(String a, String b) {
        int atA = 0;
        int atB = 0;
        while (true) {
            int rankA = rank(a, atA);
            int rankB = rank(b, atB);
            if (rankA != rankB || rankA == END) {
                return Integer.compare(rankA, rankB);
            }
            int endA = rankA == NUMBER ? endOfNumber(a, atA) : atA + 1;
            int endB = rankB == NUMBER ? endOfNumber(b, atB) : atB + 1;
            int order = rankA == NUMBER
                    ? compareNumbers(a.substring(atA, endA), b.substring(atB, endB))
                    : Character.compare(a.charAt(atA), b.charAt(atB));
            if (order != 0) {
                return order;
            }
            atA = endA;
            atB = endB;
        }
    }

    private static int rank(String version, int at) {
        if (at == version.length()) {
            return END;
        }
        if (isDigit(version.charAt(at))) {
            return NUMBER;
        }
        boolean preRelease = version.charAt(at) == '-' && at + 1 < version.length() && isLetter(version.charAt(at + 1));
        return preRelease ? PRE_RELEASE : CHARACTER;
    }

    private static int endOfNumber(String version, int from) {
        int end = from;
        while (end < version.length() && isDigit(version.charAt(end))) {
            end++;
        }
        return end;
    }

    /** Of any length: without its leading zeros the longer number is the larger. */
    private static int compareNumbers(String a, String b) {
        String digitsA = a.substring(leadingZeros(a));
        String digitsB = b.substring(leadingZeros(b));
        int order = Integer.compare(digitsA.length(), digitsB.length());
        return order != 0 ? order : digitsA.compareTo(digitsB);
    }

    private static int leadingZeros(String digits) {
        int zeros = 0;
        while (zeros < digits.length() && digits.charAt(zeros) == '0') {
            zeros++;
        }
        return zeros;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}
