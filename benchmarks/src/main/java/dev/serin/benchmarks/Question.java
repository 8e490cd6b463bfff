package dev.serin.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * A request whose right answer is known.
 *
 * @param expected what that is, for a message
 */
record Question(Request request, Predicate<byte[]> isRight, String expected) {
    static Question containing(Request request, String text) {
        return new Question(
                request, body -> new String(body, StandardCharsets.UTF_8).contains(text), "an answer with " + text);
    }

    /** One whose answer ends with these bytes. */
    static Question endingWith(Request request, byte[] bytes) {
        return new Question(
                request,
                body -> body.length >= bytes.length
                        && Arrays.equals(body, body.length - bytes.length, body.length, bytes, 0, bytes.length),
                "an answer that ends with certain %d bytes".formatted(bytes.length));
    }

    /** What is sent back as it came. */
    Question echoed() {
        Request toEcho = request.to("/");
        return new Question(toEcho, body -> Arrays.equals(body, toEcho.body()), "the body itself");
    }

    void check(String server, Asker.Answer answer) {
        if (answer.status() != 200 || !isRight.test(answer.body())) {
            String text = answer.text();
            throw new WrongAnswerException("%s answers %s with %d and %s; right is 200 and %s"
                    .formatted(
                            server,
                            request.path(),
                            answer.status(),
                            text.substring(0, Math.min(300, text.length())),
                            expected));
        }
    }
}
