package dev.serin.inference.modelfile;

/** What is wrong with a file; the message continues a sentence that begins with its name. */
final class MalformedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    MalformedException(String message) {
        super(message);
    }
}
