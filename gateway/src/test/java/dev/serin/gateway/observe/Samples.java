package dev.serin.gateway.observe;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.catalog.Catalogs;
import dev.serin.gateway.catalog.VersionState;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.predict.PredictionListener.Prediction;
import dev.serin.gateway.predict.Served;
import dev.serin.gateway.predict.Target;
import dev.serin.gateway.predict.Timings;
import dev.serin.gateway.routing.Decision;
import dev.serin.gateway.routing.Route;
import dev.serin.registry.Digest;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import dev.serin.registry.VersionId;
import dev.serin.serving.LoadReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Values that the tests of this package share. */
final class Samples {
    private Samples() {}

    static CatalogModel iris(CatalogVersion... versions) {
        return new CatalogModel(new ModelName("iris"), List.of(versions), ModelPolicy.NONE, Optional.empty());
    }

    static CatalogVersion version(String id, VersionState state) {
        return new CatalogVersion(
                VersionId.parse(id),
                state,
                CatalogVersion.Source.MANIFEST,
                Instant.EPOCH,
                Optional.of(new Digest("abcdef0123456789".repeat(4))),
                Optional.empty(),
                Optional.of(new CatalogVersion.Loaded(
                        Duration.ofMillis(0),
                        Duration.ofMillis(0),
                        new LoadReport(
                                Duration.ofMillis(1),
                                Duration.ofMillis(33),
                                Duration.ofMillis(4),
                                OptionalLong.empty(),
                                3,
                                true,
                                "",
                                1000,
                                true,
                                "{}"))),
                state == VersionState.READY ? 943_718 : 0,
                Optional.empty(),
                Optional.empty(),
                JsonNodeFactory.instance.objectNode(),
                Optional.empty());
    }

    static Prediction answered(String id) {
        return prediction(new Target("iris", Optional.empty()), Optional.of(served(id)), Optional.empty(), 200);
    }

    static Prediction refused(String model, ErrorCode code, int status) {
        return prediction(new Target(model, Optional.empty()), Optional.empty(), Optional.of(code), status);
    }

    static Prediction prediction(Target target, Optional<Served> served, Optional<ErrorCode> error, int status) {
        return new Prediction(
                "native",
                target,
                served,
                error,
                status,
                "7f3a0c19",
                2,
                120,
                45,
                1_400_000,
                200_000,
                100_000,
                new Timings(0, 50_000, 30_000, 300_000, 1));
    }

    private static Served served(String id) {
        VersionId version = VersionId.parse(id);
        return new Served(Decision.of(
                Catalogs.version(version.model().value(), version.version().value(), VersionState.READY),
                Route.NEWEST));
    }
}
