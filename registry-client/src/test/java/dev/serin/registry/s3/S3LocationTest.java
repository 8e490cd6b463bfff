package dev.serin.registry.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class S3LocationTest {
    @ParameterizedTest
    @CsvSource({
        "s3://models,            models,       ''",
        "s3://models/,           models,       ''",
        "s3://models/prod,       models,       prod",
        "s3://models/prod/,      models,       prod",
        "s3://my.models/a/b-c_d, my.models,    a/b-c_d"
    })
    void aUrlNamesABucketAndAPrefix(String url, String bucket, String prefix) {
        assertThat(S3Location.parse(url)).isEqualTo(new S3Location(bucket, prefix));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "models",
                "s3:models",
                "S3://models",
                "s3://",
                "s3:///prod",
                "s3://ab",
                "s3://-models",
                "s3://models:9000/prod",
                "s3://models//prod",
                "s3://models/prod//",
                "s3://models/../prod",
                "s3://models/./prod",
                "s3://models/a b",
                "s3://models/prod?region=eu-west-1",
                "s3://models/prod#x",
                "s3://models\\prod"
            })
    void whatIsNoSuchUrlIsRefused(String url) {
        assertThatIllegalArgumentException().isThrownBy(() -> S3Location.parse(url));
    }

    @Test
    void aSecretInAUrlIsRefusedAndNotShown() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> S3Location.parse("s3://AKIA:hunter2@models/prod"))
                .withMessageContaining("credentials")
                .withMessageNotContaining("hunter2");
    }

    @Test
    void itReadsAsTheUrl() {
        assertThat(S3Location.parse("s3://models/prod/")).hasToString("s3://models/prod");
        assertThat(S3Location.parse("s3://models/")).hasToString("s3://models");
    }

    @Test
    void thePathHasTheBucketWhereThereIsAnEndpointUnlessSomebodySaysOtherwise() {
        S3Config aws = S3Config.of(new S3Location("models", ""));

        assertThat(aws.usesPathStyle()).isFalse();
        assertThat(withEndpoint(aws, "http://minio:9000", Optional.empty()).usesPathStyle())
                .isTrue();
        assertThat(withEndpoint(aws, "http://minio:9000", Optional.of(false)).usesPathStyle())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "minio:9000",
                "//minio",
                "ftp://minio",
                "http:///x",
                "http://minio/models",
                "http://minio?x",
                "http://me:hunter2@minio"
            })
    void anEndpointIsTheBaseOfUrlsAndNothingElse(String endpoint) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> withEndpoint(S3Config.of(new S3Location("models", "")), endpoint, Optional.empty()))
                .withMessageNotContaining("hunter2");
    }

    @Test
    void anUploadMayTakeAsLongAsTheMinimumRateAllows() {
        assertThat(S3Config.Timeouts.DEFAULT.upload(16 << 20)).isEqualTo(Duration.ofSeconds(10 + 1024));
    }

    @Test
    void aFileOfAnySizeFitsIntoTenThousandParts() {
        assertThat(Sizes.DEFAULT.partOf(100 << 20)).isEqualTo(16 << 20);
        assertThat(10_000 * Sizes.DEFAULT.partOf(1L << 40)).isGreaterThanOrEqualTo(1L << 40);
    }

    private static S3Config withEndpoint(S3Config config, String endpoint, Optional<Boolean> pathStyle) {
        return new S3Config(
                config.location(),
                Optional.of(URI.create(endpoint)),
                config.region(),
                pathStyle,
                config.caFile(),
                config.attempts(),
                config.timeouts());
    }
}
