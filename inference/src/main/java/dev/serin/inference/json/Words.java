package dev.serin.inference.json;

/** The tokens that stand for numbers JSON cannot write; V2 has them, the native form has not. */
final class Words {
    private Words() {}

    static boolean isWord(String token) {
        char first = token.charAt(token.startsWith("-") || token.startsWith("+") ? 1 : 0);
        return first == 'N' || first == 'I';
    }

    static double value(String word) {
        if (word.endsWith("NaN")) {
            return Double.NaN;
        }
        return word.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
}
