package dev.serin.inference;

import java.util.List;
import java.util.SortedMap;

/** What a model gives: nearly always a {@link Tensor}; classical machine learning also gives sequences and maps. */
public sealed interface Value permits Tensor, Value.Sequence, Value.Mapping {
    /** An ONNX sequence. */
    record Sequence(List<Value> elements) implements Value {
        public Sequence {
            elements = List.copyOf(elements);
        }
    }

    /**
     * An ONNX map, keys ascending.
     *
     * @param keyType {@link DataType#INT64} (keys are {@link Long}) or {@link DataType#BYTES} ({@link String})
     * @param valueType type of the values: {@link Float}, {@link Double}, {@link Long} or {@link String}
     */
    record Mapping(DataType keyType, DataType valueType, SortedMap<?, ?> entries) implements Value {}
}
