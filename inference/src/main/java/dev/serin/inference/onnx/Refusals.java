package dev.serin.inference.onnx;

import dev.serin.inference.ModelRefusedException;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Why ONNX Runtime does not take a model, in our words. Its own message holds paths and places in its source, and
 * reaches operators alone, as the cause. Only short plain names out of it (operators, types, tensors) enter a sentence;
 * a message that is worded otherwise one day costs the detail, and the kind still holds.
 */
final class Refusals {
    private static final String CHECK = "; onnx.checker.check_model(model, full_check=True) tells more";

    /** In the order in which they are tried. */
    private static final List<Detail> DETAILS = List.of(
            new Detail(
                    "No Op registered for (\\S+) with domain_version of (\\d+)",
                    "uses the operator %s of operator set %s, which this build does not have; export it with operators"
                            + " of ai.onnx and ai.onnx.ml"),
            new Detail(
                    "Fatal error: (\\S+?)\\(-?\\d+\\) is not a registered function/op",
                    "uses the operator %s, which this build does not have; export it with operators of ai.onnx and"
                            + " ai.onnx.ml"),
            new Detail(
                    "No opset import for domain '([^']+)'",
                    "uses operators of %s without naming the version of that operator set"),
            new Detail(
                    "Could not find an implementation for (\\S+?)\\(\\d+\\)",
                    "uses the operator %s with types for which this build does not have it; export it with FP32"),
            new Detail(
                    "Type '([^']+)' of input parameter \\(([^)]+)\\) of operator \\(([^)]+)\\)",
                    "is not a valid graph: '%2$s' is %1$s, which the operator %3$s does not take" + CHECK),
            new Detail(
                    "Type \\((\\S+)\\) of output arg \\(([^)]+)\\).*does not match expected type \\((\\S+)\\)",
                    "is not a valid graph: '%2$s' is declared as %1$s and comes out as %3$s" + CHECK),
            new Detail(
                    "Node input '([^']+)' is not a graph input",
                    "is not a valid graph: a node takes '%s', which no other gives" + CHECK),
            new Detail(
                    "External data path",
                    "names external data that cannot be read; they must be regular files of the same version, beside"
                            + " it"),
            new Detail("does not have a graph", "has no graph; was it copied to its end?"));

    private Refusals() {}

    /** What a message of ONNX Runtime says, and how we say it; what the pattern finds goes into the sentence. */
    private record Detail(Pattern pattern, String sentence) {
        private static final Pattern PLAIN = Pattern.compile("[\\p{Alnum}_.:()-]{1,64}");

        Detail(String pattern, String sentence) {
            this(Pattern.compile(pattern, Pattern.DOTALL), sentence);
        }

        Optional<String> in(String message) {
            return pattern.matcher(message).results().findFirst().flatMap(this::say);
        }

        private Optional<String> say(MatchResult found) {
            String[] names = new String[found.groupCount()];
            for (int i = 0; i < names.length; i++) {
                names[i] = found.group(i + 1);
                if (!PLAIN.matcher(names[i]).matches()) {
                    return Optional.empty();
                }
            }
            return Optional.of(sentence.formatted((Object[]) names));
        }
    }

    /** {@return the refusal of this file, for operators and callers; the native failure is its cause} */
    static ModelRefusedException of(String file, OrtFailure failure) {
        String message = String.valueOf(failure.getMessage());
        String why = DETAILS.stream()
                .flatMap(detail -> detail.in(message).stream())
                .findFirst()
                .orElseGet(() -> kind(failure.code()));
        return new ModelRefusedException(file + " " + why, failure);
    }

    private static String kind(OrtFailure.Code code) {
        return switch (code) {
            case NO_SUCHFILE, NO_MODEL -> "is not there";
            case INVALID_PROTOBUF ->
                "is not an ONNX model, or was not copied to its end; compare its size with the original";
            case NOT_IMPLEMENTED ->
                "uses an operator, or a type for it, that this build does not have; export it with FP32 and operators"
                        + " of ai.onnx and ai.onnx.ml";
            case INVALID_GRAPH, INVALID_ARGUMENT, FAIL -> "is not a valid graph" + CHECK;
            case OTHER -> "cannot be made into a session; the log of the gateway has the cause";
        };
    }
}
