package dev.serin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.DataType;
import dev.serin.inference.testing.TestModels;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Faults of a registry while callers ask for a version that is loaded: none of them ever gets anything but its answer.
 * Every fault has a model of its own in the bucket, and what was published meanwhile is served once the fault is over, by
 * itself.
 */
@ResourceLock("the rig")
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class RegistryFaultsTestCase {
    protected static final byte[] IDENTITY = TestModels.identity(DataType.FP32, "batch", 2);
    protected static final byte[] ADD_ONE = TestModels.addOne("batch", 2);

    private static Optional<GatewayUnderFaults> started = Optional.empty();

    protected final GatewayUnderFaults rig = started.orElseThrow();
    private final long askedBefore = rig.askedUnderFaults();
    private final int failuresBefore = rig.load().failures().size();

    @BeforeAll
    static void start(@TempDir Path work) throws Exception {
        started = Optional.of(new GatewayUnderFaults(work));
    }

    @AfterAll
    static void stop() throws Exception {
        started.orElseThrow().close();
    }

    @AfterEach
    final void nobodyWhoAskedForALoadedVersionGotAnythingElse() throws Exception {
        assertThat(rig.load()
                        .failures()
                        .subList(failuresBefore, rig.load().failures().size()))
                .isEmpty();
        assertThat(rig.askedUnderFaults() - askedBefore).isGreaterThanOrEqualTo(300);
        assertThat(rig.gateway().status("/health/ready")).isEqualTo(200);
        rig.assertAnswers("good", GatewayUnderFaults.SAME);
    }
}
