package dev.serin.gateway.http;

import dev.serin.gateway.predict.Answer;
import dev.serin.gateway.predict.Decoder;
import java.io.OutputStream;

/** One request's way in and out of its protocol; made for one body, decodes once, encodes once. */
interface Codec extends Decoder {
    /** {@return rows of the decoded request, 0 before} */
    int rows();

    /** Writes the answer to the request that was decoded. */
    void encode(Answer.Outputs answer, OutputStream out);
}
