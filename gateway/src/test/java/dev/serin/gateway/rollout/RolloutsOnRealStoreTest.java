package dev.serin.gateway.rollout;

import dev.serin.registry.RegistryWriter;
import dev.serin.registry.s3.S3Location;
import dev.serin.registry.s3.StoreProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The same where {@code model.json} lies in a real bucket, whose conditional writes decide who was first; two hundred races. */
@Tag("real-store")
class RolloutsOnRealStoreTest extends RolloutsTest {
    @TempDir
    private static Path folder;

    private static StoreProcess store;

    @BeforeAll
    static void startStore() throws IOException {
        store = StoreProcess.start(StoreProcess.Kind.VERSITYGW, folder);
    }

    @AfterAll
    static void stopStore() {
        store.close();
    }

    @Override
    @RepeatedTest(200)
    void whoRaceForOnePolicyConvergeWithinTwoPollsAndNoAbortIsLost(RepetitionInfo repetition) throws Exception {
        super.whoRaceForOnePolicyConvergeWithinTwoPollsAndNoAbortIsLost(repetition);
    }

    @Override
    RegistryWriter registry(InstantSource clock) {
        return store.open(new S3Location(store.newBucket(), "prod"));
    }
}
