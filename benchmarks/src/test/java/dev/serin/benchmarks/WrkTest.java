package dev.serin.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WrkTest {
    private static final String REPORT = """
        Running 10s test @ http://127.0.0.1:8080/models/iris/predict
          1 threads and 32 connections
          Thread Stats   Avg      Stdev     Max   +/- Stdev
            Latency   505.12us    1.22ms  99.00ms   50.00%
            Req/Sec    34.93k     2.11k   41.50k    68.00%
          Latency Distribution
             50%  870.00us
             75%    1.20ms
             90%    2.40ms
             99%    1.03s
          349345 requests in 10.00s, 65.10MB read
        Requests/sec:  34934.55
        Transfer/sec:      6.51MB
        """;

    @Test
    void rateAndLatenciesAreReadInTheirUnits() {
        assertThat(Wrk.parse(REPORT)).isEqualTo(new Rate(34934.55, 870, 1_030_000, 0));
    }

    @Test
    void aLatencyOfMinutesIsRead() {
        assertThat(Wrk.parse(REPORT.replace("1.03s", "1.50m")).p99Micros()).isEqualTo(90e6);
    }

    @Test
    void onlyGoodAnswersMakeTheRate() {
        Rate rate = Wrk.parse(REPORT.replace("349345 requests", "1000 requests") + "  Non-2xx or 3xx responses: 250\n");

        assertThat(rate.refused()).isEqualTo(250);
        assertThat(rate.perSecond()).isCloseTo(0.75 * 34934.55, within(1e-6));
    }

    @Test
    void answersThatDoNotComeAreNoResult() {
        assertThatExceptionOfType(WrongAnswerException.class)
                .isThrownBy(() -> Wrk.parse(REPORT + "  Socket errors: connect 0, read 3, write 0, timeout 0\n"));
    }

    @Test
    void whatIsNoReportIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Wrk.parse("unable to connect to 127.0.0.1:8080"));
        assertThatIllegalArgumentException().isThrownBy(() -> Wrk.parse(REPORT.replace(" 50%  870.00us", "")));
    }
}
