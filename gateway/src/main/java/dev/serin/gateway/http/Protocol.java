package dev.serin.gateway.http;

/** Whose manners an answer has to keep. */
enum Protocol {
    NATIVE("native"),
    V2("v2");

    private final String label;

    Protocol(String label) {
        this.label = label;
    }

    /** {@return the spelling in logs and metrics} */
    String label() {
        return label;
    }

    /** {@return the protocol that a raw path belongs to} */
    static Protocol of(String rawPath) {
        boolean v2 = rawPath.startsWith("/v2") && (rawPath.length() == 3 || rawPath.charAt(3) == '/');
        return v2 ? V2 : NATIVE;
    }
}
