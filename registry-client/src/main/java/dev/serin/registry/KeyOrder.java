package dev.serin.registry;

/** The order of keys in a listing: that of their UTF-8 bytes, which is that of code points. */
public final class KeyOrder {
    private KeyOrder() {}

    /** {@return what a comparator returns} */
    public static int compare(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char charA = a.charAt(i);
            char charB = b.charAt(i);
            if (charA != charB) {
                boolean beyondA = Character.isSurrogate(charA); // half of a code point above all single chars
                boolean beyondB = Character.isSurrogate(charB);
                return beyondA == beyondB ? Character.compare(charA, charB) : Boolean.compare(beyondA, beyondB);
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
