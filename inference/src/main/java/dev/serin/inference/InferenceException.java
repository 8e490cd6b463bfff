package dev.serin.inference;

/** A model failed on its inputs. The message is ONNX Runtime's and for operators only. */
public class InferenceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public InferenceException(String message) {
        super(message);
    }

    public InferenceException(String message, Throwable cause) {
        super(message, cause);
    }
}
