package dev.serin.gateway.http;

import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;

/** Why a version that is there does not answer. */
final class NotServing {
    private NotServing() {}

    static ServingException of(CatalogVersion version) {
        return switch (version.state()) {
            case FAILED ->
                new ServingException(
                        ErrorCode.VERSION_FAILED,
                        version.id() + " cannot be loaded: "
                                + version.failure()
                                        .map(CatalogVersion.Failure::reason)
                                        .orElse("its load failed") + ".");
            case RETIRED -> new ServingException(ErrorCode.VERSION_RETIRED, version.id() + " was retired.");
            case PENDING, DOWNLOADING, LOADING, READY, COLD ->
                new ServingException(
                        ErrorCode.VERSION_LOADING,
                        version.id() + " is " + version.state().label() + ".");
        };
    }
}
