package dev.serin.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.inference.Deadline;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MemoryBudgetTest {
    private final MemoryBudget budget = new MemoryBudget(100);

    @Test
    void whatIsReservedIsNotFreeUntilItIsGivenBack() {
        assertThat(budget.tryReserve(70)).isTrue();
        assertThat(budget.tryReserve(40)).isFalse();
        assertThat(budget.missingBytes(40)).isEqualTo(10);

        budget.release(70);

        assertThat(budget.tryReserve(100)).isTrue();
    }

    @Test
    void whatIsLeavingIsNotFreeAndNotMissingEither() {
        assertThat(budget.tryReserve(90)).isTrue();

        budget.leaving(30);
        budget.leaving(20);
        assertThat(budget.freeBytes()).isEqualTo(10);
        assertThat(budget.missingBytes(50)).isLessThanOrEqualTo(0);

        budget.left(30, 30); // the first of two: the second is still to come
        assertThat(budget.freeBytes()).isEqualTo(40);
        assertThat(budget.missingBytes(60)).isZero();
        assertThat(budget.missingBytes(70)).isEqualTo(10);

        budget.left(20, 20);
        assertThat(budget.missingBytes(70)).isEqualTo(10);
    }

    @Test
    void aReleaseBeforeTheWaitIsNotMissed() throws InterruptedException {
        assertThat(budget.tryReserve(90)).isTrue();
        long known = budget.releases();
        budget.release(20);

        budget.awaitRelease(known, Deadline.after(Duration.ofHours(1)));

        assertThat(budget.releases()).isNotEqualTo(known);
    }

    @Test
    void theWaitEndsWithItsDeadline() throws InterruptedException {
        budget.awaitRelease(budget.releases(), Deadline.after(Duration.ofMillis(1)));

        assertThat(budget.releases()).isZero();
    }
}
