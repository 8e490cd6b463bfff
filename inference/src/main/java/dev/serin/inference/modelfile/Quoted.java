package dev.serin.inference.modelfile;

/** Text from a file that nobody has vouched for, fit for a message: short, printable, in quotes. */
final class Quoted {
    private static final int MAX_LENGTH = 40;

    private Quoted() {}

    static String of(String text) {
        String printable = text.codePoints()
                .limit(MAX_LENGTH)
                .map(c -> Character.isISOControl(c) || !Character.isDefined(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return "'" + printable + (printable.length() < text.length() ? "…'" : "'");
    }
}
