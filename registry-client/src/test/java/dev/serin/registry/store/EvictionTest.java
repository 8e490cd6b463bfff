package dev.serin.registry.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.serin.registry.Digest;
import dev.serin.registry.store.Eviction.Copy;
import dev.serin.registry.store.Eviction.Decision;
import dev.serin.registry.store.Eviction.Decision.MakeRoom;
import dev.serin.registry.store.Eviction.Decision.Refuse;
import dev.serin.registry.store.Eviction.Situation;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvictionTest {
    private static Copy copy(int number, long bytes, long lastUse, boolean inUse) {
        return new Copy(new Digest("%064x".formatted(number)), bytes, Instant.ofEpochSecond(lastUse), inUse);
    }

    private static Copy unused(int number, long bytes, long lastUse) {
        return copy(number, bytes, lastUse, false);
    }

    private static Copy used(int number, long bytes, long lastUse) {
        return copy(number, bytes, lastUse, true);
    }

    private static Decision choose(long limit, long reserved, long needed, Copy... copies) {
        return Eviction.choose(new Situation(limit, reserved, List.of(copies)), needed);
    }

    private static MakeRoom evict(Copy... copies) {
        return new MakeRoom(List.of(copies));
    }

    @Test
    void whileThereIsRoomNothingGoes() {
        assertThat(choose(100, 0, 100)).isEqualTo(evict());
        assertThat(choose(100, 30, 30, unused(1, 40, 1))).isEqualTo(evict());
        assertThat(choose(100, 0, 0, unused(1, 100, 1))).isEqualTo(evict());
        assertThat(choose(Long.MAX_VALUE, 0, 1L << 40, used(1, 1L << 40, 1))).isEqualTo(evict());
    }

    @Test
    void theLongestUnusedGoFirstAndNoMoreThanNeeded() {
        Copy old = unused(3, 40, 1);
        Copy younger = unused(1, 40, 2);
        Copy youngest = unused(2, 20, 3);

        assertThat(choose(100, 0, 1, youngest, old, younger)).isEqualTo(evict(old));
        assertThat(choose(100, 0, 40, youngest, old, younger)).isEqualTo(evict(old));
        assertThat(choose(100, 0, 41, youngest, old, younger)).isEqualTo(evict(old, younger));
        assertThat(choose(100, 0, 100, youngest, old, younger)).isEqualTo(evict(old, younger, youngest));
        assertThat(choose(100, 15, 40, youngest, old, younger)).isEqualTo(evict(old, younger));
    }

    @Test
    void ofTwoThatWereUsedAtTheSameTimeItIsTheSameOneForEverybody() {
        assertThat(choose(20, 0, 10, unused(2, 10, 1), unused(1, 10, 1))).isEqualTo(evict(unused(1, 10, 1)));
    }

    @Test
    void whatIsInUseNeverGoesHoweverLongAgoThatBegan() {
        Copy loaded = used(1, 40, 1);
        Copy idle = unused(2, 40, 9);

        assertThat(choose(100, 0, 60, loaded, idle)).isEqualTo(evict(idle));
        assertThat(choose(100, 0, 61, loaded, idle)).isEqualTo(new Refuse(40));
        assertThat(choose(100, 10, 51, loaded, idle)).isEqualTo(new Refuse(50));
        assertThat(choose(40, 0, 1, loaded)).isEqualTo(new Refuse(40));
    }

    @Test
    void whatIsLargerThanTheWholeIsRefusedAndNothingGoesForIt() {
        assertThat(choose(100, 0, 101, unused(1, 50, 1))).isEqualTo(new Refuse(0));
    }

    @Test
    void aBoundThatWasLoweredIsKeptWithTheNextDownload() {
        Copy old = unused(1, 80, 1);
        Copy younger = unused(2, 80, 2);

        assertThat(choose(100, 0, 10, old, younger)).isEqualTo(evict(old));
        assertThat(choose(50, 0, 10, old, younger)).isEqualTo(evict(old, younger));
        assertThat(choose(50, 0, 10, used(1, 80, 1), younger)).isEqualTo(new Refuse(80));
    }
}
