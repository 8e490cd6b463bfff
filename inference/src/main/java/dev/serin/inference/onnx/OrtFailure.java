package dev.serin.inference.onnx;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/** What ONNX Runtime says has failed. The message is the library's own, and for operators only. */
final class OrtFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private static final int MAX_MESSAGE = 4_096;
    private static final MethodHandle ERROR_CODE = CApi.GET_ERROR_CODE.handle();
    private static final MethodHandle ERROR_MESSAGE = CApi.GET_ERROR_MESSAGE.handle();
    private static final MethodHandle RELEASE = CApi.RELEASE_STATUS.handle();

    private final Code code;

    OrtFailure(Code code, String message) {
        super(message);
        this.code = code;
    }

    /** Those of {@code OrtErrorCode} that say something about a model. */
    enum Code {
        FAIL(1),
        INVALID_ARGUMENT(2),
        NO_SUCHFILE(3),
        NO_MODEL(4),
        INVALID_PROTOBUF(7),
        NOT_IMPLEMENTED(9),
        INVALID_GRAPH(10),
        /** Any other, and what a later version adds. */
        OTHER(-1);

        private final int number;

        Code(int number) {
            this.number = number;
        }

        static Code of(int number) {
            for (Code code : values()) {
                if (code.number == number) {
                    return code;
                }
            }
            return OTHER;
        }
    }

    Code code() {
        return code;
    }

    /**
     * Takes the status that a function has returned.
     *
     * @throws OrtFailure when it is one of a failure
     */
    static void check(long status) throws Throwable {
        if (status != 0) {
            throw of(status);
        }
    }

    private static OrtFailure of(long status) throws Throwable {
        try {
            return new OrtFailure(
                    Code.of((int) ERROR_CODE.invokeExact(status)), text((long) ERROR_MESSAGE.invokeExact(status)));
        } finally {
            RELEASE.invokeExact(status);
        }
    }

    /** {@return a string of C, so far: names of a model's nodes are in it, which may be of any length} */
    @SuppressWarnings("restricted") // nothing behind its end is read
    private static String text(long address) {
        MemorySegment text = MemorySegment.ofAddress(address).reinterpret(MAX_MESSAGE);
        int length = 0;
        while (length < MAX_MESSAGE && text.get(ValueLayout.JAVA_BYTE, length) != 0) {
            length++;
        }
        return new String(text.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /** {@return what to throw of what a call to native code has thrown, for method handles declare {@code Throwable}} */
    static RuntimeException unchecked(Throwable e) {
        return switch (e) {
            case RuntimeException known -> known;
            case Error error -> throw error;
            default -> new IllegalStateException("A call to native code threw", e);
        };
    }
}
