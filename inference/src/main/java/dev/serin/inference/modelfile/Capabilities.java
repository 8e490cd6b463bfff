package dev.serin.inference.modelfile;

import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/** What the ONNX Runtime of this build runs; a test asks the library whether that is still so. */
final class Capabilities {
    static final String ONNX = "ai.onnx";
    static final String ONNX_ML = "ai.onnx.ml";
    static final long MAX_IR_VERSION = 13;
    private static final Map<String, Range> OPERATOR_SETS = Map.of(ONNX, new Range(7, 26), ONNX_ML, new Range(1, 5));
    private static final Set<String> FURTHER_DOMAINS = Set.of("com.microsoft", "ai.onnx.preview.training");

    private Capabilities() {}

    static void checkIrVersion(long version) {
        if (version < 1 || version > MAX_IR_VERSION) {
            throw new MalformedException("has IR version %d; this build reads 1 to %d, export it with ir_version=%d"
                    .formatted(version, MAX_IR_VERSION, MAX_IR_VERSION));
        }
    }

    static void checkOpsets(SortedMap<String, Long> opsets) {
        if (opsets.isEmpty()) {
            throw new MalformedException("names no operator set");
        }
        opsets.forEach((domain, version) -> {
            Range range = OPERATOR_SETS.get(domain);
            if (range != null && (version < range.least || version > range.greatest)) {
                throw new MalformedException("uses operator set %d of %s; this build runs %d to %d"
                        .formatted(version, domain, range.least, range.greatest));
            }
        });
    }

    /**
     * Checks that nothing but built-in operators and the model's own functions are used.
     *
     * @param operators domain to an operator of it
     * @param functions domains of the model's own functions
     */
    static void checkOperators(Map<String, String> operators, Set<String> functions) {
        operators.forEach((domain, operator) -> {
            if (!isBuiltIn(domain) && !functions.contains(domain)) {
                throw new MalformedException(
                        "uses the operator %s of %s, which is not built in; this build runs ai.onnx, ai.onnx.ml and com.microsoft, and loads no custom operators"
                                .formatted(Quoted.of(operator), Quoted.of(domain)));
            }
        });
    }

    private static boolean isBuiltIn(String domain) {
        return domain.isEmpty() || OPERATOR_SETS.containsKey(domain) || FURTHER_DOMAINS.contains(domain);
    }

    private record Range(long least, long greatest) {}
}
