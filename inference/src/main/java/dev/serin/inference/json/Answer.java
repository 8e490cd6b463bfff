package dev.serin.inference.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.IOException;
import java.io.OutputStream;

/** Opens answers for writing. */
final class Answer {
    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .recyclerPool(
                    JsonRecyclerPools.newConcurrentDequePool()) // virtual threads have nothing of their own to reuse
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .disable(StreamWriteFeature.FLUSH_PASSED_TO_STREAM)
            .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT) // half an answer must not look like a whole one
            .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();

    private Answer() {}

    static JsonGenerator open(OutputStream out) throws IOException {
        return FACTORY.createGenerator(out);
    }
}
