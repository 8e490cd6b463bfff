package dev.serin.gateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StickyBucketTest {
    /** The vectors of docs/routing.md, by a program that shares nothing with this one. */
    @ParameterizedTest
    @CsvSource(textBlock = """
        k3f9, user-1, 2037
        k3f9, user-2, 1468
        k3f9, '',     1876
        a1b2, user-1, 6270
        k3f9, Zoë,    8956
        k3f9, 日本,    3544
        """)
    void bucketsAreThoseOfTheTestVectors(String canary, String key, int bucket) {
        assertThat(StickyBucket.of(canary, key)).isEqualTo(bucket);
    }

    @Property
    void bucketsAreThoseOfTheDefinition(@ForAll String canary, @ForAll String key) {
        assertThat(StickyBucket.of(canary, key)).isEqualTo(byDefinition(canary, key));
    }

    private static int byDefinition(String canary, String key) {
        BigInteger two64 = BigInteger.ONE.shiftLeft(64);
        BigInteger hash = new BigInteger("cbf29ce484222325", 16);
        for (byte each : (canary + "\0" + key).getBytes(StandardCharsets.UTF_8)) {
            hash = hash.xor(BigInteger.valueOf(each & 0xff))
                    .multiply(new BigInteger("100000001b3", 16))
                    .mod(two64);
        }
        hash = hash.xor(hash.shiftRight(30))
                .multiply(new BigInteger("bf58476d1ce4e5b9", 16))
                .mod(two64);
        hash = hash.xor(hash.shiftRight(27))
                .multiply(new BigInteger("94d049bb133111eb", 16))
                .mod(two64);
        hash = hash.xor(hash.shiftRight(31));
        return hash.shiftRight(32)
                .multiply(BigInteger.valueOf(10_000))
                .shiftRight(32)
                .intValueExact();
    }
}
