package dev.serin.inference.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.DataType;
import dev.serin.inference.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgreementTest {
    private static boolean agree(DataType type, float[] one, float[] other) {
        return Agreement.between(List.of(tensor(type, one)), List.of(tensor(type, other)));
    }

    private static Tensor tensor(DataType type, float... values) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
        for (float value : values) {
            if (type == DataType.FP16) {
                data.putShort(Float.floatToFloat16(value));
            } else {
                data.putFloat(value);
            }
        }
        return Tensor.of(type, new long[] {values.length}, data.flip());
    }

    @Test
    void theLastDigitsMayDiffer() {
        assertThat(agree(DataType.FP32, new float[] {1}, new float[] {1.0001f})).isTrue();
        assertThat(agree(DataType.FP32, new float[] {1}, new float[] {1.0002f})).isFalse();
    }

    @Test
    void smallNumbersAmongLargeOnesMayDifferByTheDigitsOfThose() {
        assertThat(agree(DataType.FP32, new float[] {0.001f, 1_000}, new float[] {0.009f, 1_000}))
                .isTrue();
        assertThat(agree(DataType.FP32, new float[] {0.001f, 1}, new float[] {0.009f, 1}))
                .isFalse();
        assertThat(agree(DataType.FP32, new float[] {0.001f, Float.POSITIVE_INFINITY}, new float[] {
                    0.009f, Float.POSITIVE_INFINITY
                }))
                .isFalse();
    }

    @Test
    void halfPrecisionHasFewerDigits() {
        assertThat(agree(DataType.FP16, new float[] {1}, new float[] {1.001f})).isTrue();
        assertThat(agree(DataType.FP16, new float[] {1}, new float[] {1.004f})).isFalse();
    }

    @Test
    void whatIsNoNumberAgreesWithItself() {
        assertThat(agree(DataType.FP32, new float[] {Float.NaN}, new float[] {Float.NaN}))
                .isTrue();
        assertThat(agree(DataType.FP32, new float[] {Float.NaN}, new float[] {1}))
                .isFalse();
    }
}
