package dev.serin.gateway.http;

import dev.serin.gateway.predict.Answer;
import dev.serin.gateway.predict.Decoder;

/** One request's way in and out of its protocol; made for one body, decodes once, encodes once. */
interface Codec extends Decoder {
    /** {@return rows of the decoded request, 0 before} */
    int rows();

    /** {@return the answer to the request that was decoded} */
    Encoded encode(Answer.Outputs answer);
}
