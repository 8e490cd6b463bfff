package dev.serin.registry.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryListener.Operation;
import dev.serin.registry.StoreException.Kind;
import dev.serin.registry.fault.InjectingStore;
import dev.serin.registry.fault.InjectingStore.Response;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class WholeListingTest extends S3TestCase {
    private static final int PAGE = 1_000;

    private S3Registry tool() {
        return open(withAttempts(config(store().endpoint()), S3Config.TOOL_ATTEMPTS));
    }

    private void putAll(int folders, int objectsOfEach) {
        for (int folder = 0; folder < folders; folder++) {
            for (int i = 0; i < objectsOfEach; i++) {
                put("m%04d/%d/model.onnx".formatted(folder, i), new byte[1]);
            }
        }
    }

    private void assertSeesWhatAGatewaySees(S3Registry tool, int requests) {
        List<RegistryObject> byPages = open(store().endpoint()).list("");
        heard.clear();

        assertThat(tool.list("")).isEqualTo(byPages);
        assertThat(heard(Operation.LIST)).isEqualTo(requests);
    }

    @Test
    void aLargeRegistryIsListedByItsFoldersAndNothingIsLeftOut() {
        putAll(7, 300);
        put("m0000/model.json", new byte[1]);
        put("README.md", new byte[1]);
        put(".serin/generation", new byte[1]);
        put("a b/1/model.onnx", new byte[1]);

        assertSeesWhatAGatewaySees(tool(), 2 + 1 + 9);
    }

    @Test
    void oneWithSmallFoldersIsListedPageByPage() {
        putAll(500, 5);

        assertSeesWhatAGatewaySees(tool(), 1 + Math.ceilDiv(500 * 5, PAGE));
    }

    @Test
    void oneThatFitsIntoAFewPagesCostsNothingElse() {
        putAll(3, 400);

        assertSeesWhatAGatewaySees(tool(), 2);
    }

    @Test
    void aFolderThatCannotBeListedIsAFailureNotAGap() throws IOException {
        putAll(7, 300);
        InjectingStore injecting = injecting();
        S3Registry tool = open(withAttempts(config(injecting.endpoint()), 2));
        injecting.answer(
                request -> request.isList() && request.target().contains("m0003"), Response.error(403, "AccessDenied"));

        assertThat(failure(() -> tool.list("")).kind()).isEqualTo(Kind.REFUSED);
    }

    @Test
    void aGatewayAsksPageByPage() {
        putAll(7, 300);

        open(store().endpoint()).list("");

        assertThat(heard(Operation.LIST)).isEqualTo(3);
    }
}
