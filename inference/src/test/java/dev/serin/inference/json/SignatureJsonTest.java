package dev.serin.inference.json;

import static dev.serin.inference.json.Signatures.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.serin.inference.DataType;
import dev.serin.inference.Signature;
import dev.serin.inference.Signature.Port;
import dev.serin.inference.Signature.Type.MapType;
import dev.serin.inference.Signature.Type.SequenceType;
import dev.serin.inference.Signature.Type.TensorType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignatureJsonTest {
    private static final Signature IRIS = new Signature(
            List.of(port("x", DataType.FP32, "batch", 4)),
            List.of(
                    port("label", DataType.INT64, -1),
                    new Port("probabilities", new SequenceType(new MapType(DataType.INT64, DataType.FP32))),
                    new Port("map", new MapType(DataType.BYTES, DataType.FP64)),
                    new Port("parts", new SequenceType(new TensorType(DataType.FP32, List.of())))));

    @Test
    void writesSignaturesAsManifestsSpellThem() {
        assertThat(SignatureJson.write(IRIS)).hasToString(json("""
            {"inputs":[{"name":"x","datatype":"FP32","shape":["batch",4]}],"outputs":[\
            {"name":"label","datatype":"INT64","shape":[-1]},\
            {"name":"probabilities","type":"seq(map(INT64,FP32))"},\
            {"name":"map","type":"map(BYTES,FP64)"},\
            {"name":"parts","type":"seq(FP32)"}]}\
            """).toString());
    }

    @Test
    void readsWhatItWrites() {
        assertThat(SignatureJson.read(SignatureJson.write(IRIS))).isEqualTo(IRIS);
        Signature nothing = new Signature(List.of(), List.of());
        assertThat(SignatureJson.read(SignatureJson.write(nothing))).isEqualTo(nothing);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        [] | The signature is not an object
        {} | The signature has no list 'inputs'
        {"inputs":[]} | The signature has no list 'outputs'
        {"inputs":[1],"outputs":[]} | inputs[0] has no name
        {"inputs":[{"name":""}],"outputs":[]} | inputs[0] has no name
        {"inputs":[{"name":"x"}],"outputs":[]} | inputs[0] needs either 'datatype' and 'shape' or 'type'
        {"inputs":[{"name":"x","datatype":"FP32"}],"outputs":[]} | inputs[0] has no list 'shape'
        {"inputs":[{"name":"x","datatype":"float","shape":[]}],"outputs":[]} | inputs[0] has the unknown datatype 'float'
        {"inputs":[{"name":"x","datatype":"FP32","shape":[-2]}],"outputs":[]} | inputs[0] has the dimension -2
        {"inputs":[{"name":"x","datatype":"FP32","shape":[1.5]}],"outputs":[]} | inputs[0] has the dimension 1.5
        {"inputs":[{"name":"x","type":"set(FP32)"}],"outputs":[]} | inputs[0] has the type 'set(FP32)'
        {"inputs":[],"outputs":[{"name":"x","type":"seq(FP99)"}]} | outputs[0] has the unknown datatype 'FP99'
        {"inputs":[],"outputs":[{"name":"x","type":"seq(FP32)"},{"name":"x","type":"seq(FP32)"}]} | 'x' stands twice in outputs
        """)
    void saysWhyItIsNoSignature(String json, String reason) {
        JsonNode node = json(json);

        assertThatThrownBy(() -> SignatureJson.read(node))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(reason);
    }

    @Test
    void seesNoDifferenceWhereOneSideLeavesADimensionOpen() {
        Signature open = Signatures.of(port("x", DataType.FP32, -1, "features"));

        assertThat(SignatureJson.difference(open, Signatures.IRIS)).isEmpty();
        assertThat(SignatureJson.difference(Signatures.IRIS, open)).isEmpty();
        assertThat(SignatureJson.difference(IRIS, IRIS)).isEmpty();
    }

    @Test
    void tellsTheFirstDifference() {
        assertThat(difference(port("y", DataType.FP32, "batch", 4)))
                .contains("The manifest calls input 0 'y', the graph calls it 'x'.");
        assertThat(difference(port("x", DataType.FP64, "batch", 4)))
                .contains("The manifest says that input 'x' is FP64[batch, 4], the graph says FP32[batch, 4].");
        assertThat(difference(port("x", DataType.FP32, "batch", 5)))
                .contains("The manifest says that input 'x' is FP32[batch, 5], the graph says FP32[batch, 4].");
        assertThat(difference(port("x", DataType.FP32, 4)))
                .contains("The manifest says that input 'x' is FP32[4], the graph says FP32[batch, 4].");
        assertThat(difference()).contains("The manifest has 0 inputs, the graph has 1: x.");
        assertThat(difference(new Port("x", new MapType(DataType.INT64, DataType.FP32))))
                .contains("The manifest says that input 'x' is map(INT64,FP32), the graph says FP32[batch, 4].");
    }

    @Test
    void doesNotHoldOutputsAgainstAManifestOfWhichTheGraphTellsNoShape() {
        Signature silent = new Signature(List.of(), List.of(port("y", DataType.FP32)));
        Signature declared = new Signature(List.of(), List.of(port("y", DataType.FP32, "batch", 3)));

        assertThat(SignatureJson.difference(declared, silent)).isEmpty();
        assertThat(SignatureJson.difference(silent, declared)).isPresent();
    }

    private static Optional<String> difference(Port... declared) {
        return SignatureJson.difference(Signatures.of(declared), Signatures.IRIS);
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
