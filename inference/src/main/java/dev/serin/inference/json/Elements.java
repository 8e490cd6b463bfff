package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.serin.inference.BufferPool;
import dev.serin.inference.DataType;
import dev.serin.inference.PackedStrings;
import dev.serin.inference.Tensor;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Takes the elements of one tensor from JSON, one after the other. Not thread-safe. Closing gives the memory back, unless a
 * tensor has taken it over.
 */
abstract sealed class Elements implements AutoCloseable {
    /** Whether an element was taken, and if not, why. */
    enum Verdict {
        TAKEN,
        WRONG_TYPE,
        OUT_OF_RANGE
    }

    /** @param words whether NaN may also be written as a token or in quotes, as V2 does */
    static Elements of(DataType type, BufferPool pool, boolean words) {
        return switch (type) {
            case FP32, FP64, FP16, BF16 -> new Floats(type, pool, words);
            case INT8 -> new Integers(type, pool, Byte.MIN_VALUE, Byte.MAX_VALUE);
            case INT16 -> new Integers(type, pool, Short.MIN_VALUE, Short.MAX_VALUE);
            case INT32 -> new Integers(type, pool, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case INT64 -> new Integers(type, pool, Long.MIN_VALUE, Long.MAX_VALUE);
            case UINT8 -> new Integers(type, pool, 0, 0xFF);
            case UINT16 -> new Integers(type, pool, 0, 0xFFFF);
            case UINT32 -> new Integers(type, pool, 0, 0xFFFF_FFFFL);
            case UINT64 -> new UnsignedLongs(type, pool);
            case BOOL -> new Booleans(type, pool);
            case BYTES -> new Strings();
        };
    }

    /** Takes the parser's current token, a scalar. */
    abstract Verdict take(JsonParser parser, JsonToken token) throws IOException;

    /** {@return how many elements were taken} */
    abstract int count();

    /** {@return the tensor, which takes over the memory} */
    abstract Tensor tensor(long[] shape);

    @Override
    public abstract void close();

    /** Elements of a fixed size. */
    abstract static sealed class Numbers extends Elements {
        private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(0).order(ByteOrder.nativeOrder());
        private static final int FIRST_BYTES = 256;

        private final DataType type;
        private final BufferPool pool;
        private BufferPool.@Nullable Loan loan; // none before the first element and after the tensor
        ByteBuffer data = EMPTY;

        Numbers(DataType type, BufferPool pool) {
            this.type = type;
            this.pool = pool;
        }

        /** Makes room for one more element. */
        final void makeRoom() {
            if (data.remaining() < Long.BYTES) {
                grow();
            }
        }

        private void grow() {
            BufferPool.Loan larger = pool.take(Math.max(FIRST_BYTES, Math.multiplyExact(data.capacity(), 2)));
            larger.buffer().put(data.flip());
            close();
            loan = larger;
            data = larger.buffer();
        }

        @Override
        final int count() {
            return data.position() / type.byteSize();
        }

        @Override
        final Tensor tensor(long[] shape) {
            BufferPool.Loan taken = loan;
            if (taken == null) {
                return Tensor.of(type, shape, EMPTY);
            }
            Tensor tensor = Tensor.of(type, shape, data.flip(), taken);
            loan = null;
            return tensor;
        }

        @Override
        public final void close() {
            BufferPool.Loan taken = loan;
            if (taken != null) {
                loan = null;
                taken.run();
            }
        }
    }

    /** Elements that need not be whole. */
    static final class Floats extends Numbers {
        private final DataType type;
        private final boolean words;

        Floats(DataType type, BufferPool pool, boolean words) {
            super(type, pool);
            this.type = type;
            this.words = words;
        }

        @Override
        Verdict take(JsonParser parser, JsonToken token) throws IOException {
            return switch (token) {
                case VALUE_NUMBER_FLOAT, VALUE_NUMBER_INT -> number(parser);
                case VALUE_NULL -> put(Double.NaN);
                case VALUE_STRING -> word(parser.getText());
                default -> Verdict.WRONG_TYPE;
            };
        }

        private Verdict number(JsonParser parser) throws IOException {
            double value = type == DataType.FP64 ? parser.getDoubleValue() : parser.getFloatValue();
            if (Double.isFinite(narrowed(value))) {
                return put(value);
            }
            String text = parser.getText();
            if (!Words.isWord(text)) {
                return Verdict.OUT_OF_RANGE;
            }
            return words ? put(Words.value(text)) : Verdict.WRONG_TYPE;
        }

        private Verdict word(String text) {
            return switch (text) {
                case "Infinity" -> put(Double.POSITIVE_INFINITY);
                case "-Infinity" -> put(Double.NEGATIVE_INFINITY);
                case "Inf", "-Inf" -> words ? put(Words.value(text)) : Verdict.WRONG_TYPE;
                case "NaN" -> words ? put(Double.NaN) : Verdict.WRONG_TYPE;
                default -> Verdict.WRONG_TYPE;
            };
        }

        private double narrowed(double value) {
            return switch (type) {
                case FP16 -> Halfs.fromFloat16(Halfs.toFloat16((float) value));
                case BF16 -> Halfs.fromBfloat16(Halfs.toBfloat16((float) value));
                default -> value;
            };
        }

        /** Takes a number that is the type's, or has been rounded to it. */
        Verdict put(double value) {
            makeRoom();
            switch (type) {
                case FP64 -> data.putDouble(value);
                case FP16 -> data.putShort(Halfs.toFloat16((float) value));
                case BF16 -> data.putShort(Halfs.toBfloat16((float) value));
                default -> data.putFloat((float) value);
            }
            return Verdict.TAKEN;
        }
    }

    private static final class Integers extends Numbers {
        private final long least;
        private final long greatest;
        private final int byteSize;

        Integers(DataType type, BufferPool pool, long least, long greatest) {
            super(type, pool);
            this.least = least;
            this.greatest = greatest;
            this.byteSize = type.byteSize();
        }

        @Override
        Verdict take(JsonParser parser, JsonToken token) throws IOException {
            if (token != JsonToken.VALUE_NUMBER_INT) {
                return Verdict.WRONG_TYPE;
            }
            if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                return Verdict.OUT_OF_RANGE;
            }
            long value = parser.getLongValue();
            if (value < least || value > greatest) {
                return Verdict.OUT_OF_RANGE;
            }
            put(value);
            return Verdict.TAKEN;
        }

        private void put(long value) {
            makeRoom();
            switch (byteSize) {
                case 1 -> data.put((byte) value);
                case 2 -> data.putShort((short) value);
                case 4 -> data.putInt((int) value);
                default -> data.putLong(value);
            }
        }
    }

    private static final class UnsignedLongs extends Numbers {
        UnsignedLongs(DataType type, BufferPool pool) {
            super(type, pool);
        }

        @Override
        Verdict take(JsonParser parser, JsonToken token) throws IOException {
            if (token != JsonToken.VALUE_NUMBER_INT) {
                return Verdict.WRONG_TYPE;
            }
            long value;
            if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) { // of the upper half, or none of ours
                BigInteger big = parser.getBigIntegerValue();
                if (big.signum() < 0 || big.bitLength() > Long.SIZE) {
                    return Verdict.OUT_OF_RANGE;
                }
                value = big.longValue();
            } else {
                value = parser.getLongValue();
                if (value < 0) {
                    return Verdict.OUT_OF_RANGE;
                }
            }
            makeRoom();
            data.putLong(value);
            return Verdict.TAKEN;
        }
    }

    private static final class Booleans extends Numbers {
        Booleans(DataType type, BufferPool pool) {
            super(type, pool);
        }

        @Override
        Verdict take(JsonParser parser, JsonToken token) {
            if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
                return Verdict.WRONG_TYPE;
            }
            makeRoom();
            data.put((byte) (token == JsonToken.VALUE_TRUE ? 1 : 0));
            return Verdict.TAKEN;
        }
    }

    private static final class Strings extends Elements {
        private final PackedStrings.Builder strings = new PackedStrings.Builder();

        @Override
        Verdict take(JsonParser parser, JsonToken token) throws IOException {
            if (token != JsonToken.VALUE_STRING) {
                return Verdict.WRONG_TYPE;
            }
            strings.add(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
            return Verdict.TAKEN;
        }

        @Override
        int count() {
            return strings.count();
        }

        @Override
        Tensor tensor(long[] shape) {
            return Tensor.ofStrings(shape, strings.build());
        }

        @Override
        public void close() {} // the garbage collector's
    }
}
