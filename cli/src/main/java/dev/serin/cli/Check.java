package dev.serin.cli;

/** What the doctor looks at, in the order in which it can go wrong. */
enum Check {
    ADDRESS("address"),
    TLS("tls"),
    CLOCK("clock"),
    CREDENTIALS("credentials"),
    REGION("region"),
    ADDRESSING("addressing"),
    BUCKET("bucket"),
    LIST("list"),
    READ("read"),
    GET_IF_NONE_MATCH("get-if-none-match"),
    GET_IF_MATCH("get-if-match"),
    GET_RANGE("get-range"),
    WRITE("write"),
    PUT_IF_NONE_MATCH("put-if-none-match"),
    PUT_IF_NONE_MATCH_RACE("put-if-none-match-race"),
    PUT_IF_MATCH("put-if-match"),
    PUT_IF_MATCH_RACE("put-if-match-race"),
    DELETE("delete");

    private final String word;

    Check(String word) {
        this.word = word;
    }

    /** {@return its name, which is that of what it finds honoured too} */
    String word() {
        return word;
    }

    /** {@return whether it asks what a store honours, which another store may not} */
    boolean isOfHonours() {
        return name().startsWith("GET_") || name().startsWith("PUT_");
    }

    /** {@return whether it makes sense for a directory} */
    boolean isOfDirectories() {
        return compareTo(LIST) >= 0 && !name().startsWith("GET_");
    }
}
