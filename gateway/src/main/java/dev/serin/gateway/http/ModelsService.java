package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.gateway.catalog.CatalogVersion;
import dev.serin.gateway.error.ErrorCode;
import dev.serin.gateway.error.ServingException;
import dev.serin.gateway.error.Wording;
import dev.serin.registry.ModelName;
import io.helidon.common.uri.UriQuery;
import io.helidon.http.Method;
import java.util.List;
import java.util.Optional;

/** {@code GET /models}, {@code /models/{model}}, {@code /models/{model}/{version}}: what is there. */
final class ModelsService implements EdgeService {
    private static final int MOST = 1000;

    private final Catalog catalog;
    private final Operations operations;

    ModelsService(Catalog catalog, Operations operations) {
        this.catalog = catalog;
        this.operations = operations;
    }

    @Override
    public void serve(Exchange exchange, List<String> path) {
        switch (path.size()) {
            case 1 -> list(exchange);
            case 2 -> model(exchange, path.get(1));
            case 3 -> version(exchange, path.get(1), path.get(2));
            default -> throw HttpErrors.noSuchPath(exchange.rawPath());
        }
    }

    private void list(Exchange exchange) {
        exchange.allow(Method.GET);
        UriQuery query = exchange.request().query();
        int limit = limit(query);
        List<CatalogModel> page = catalog.page(after(query), limit + 1); // one more tells whether there is a next page
        ObjectNode body = Json.object();
        ArrayNode models = body.putArray("models");
        page.stream().limit(limit).forEach(model -> models.add(listed(model)));
        if (page.size() > limit) {
            body.put("next", page.get(limit - 1).name().value());
        }
        exchange.send(body);
    }

    private ObjectNode listed(CatalogModel model) {
        ObjectNode json = ModelJson.of(model);
        operations.rates().apply(model.name()).ifPresent(rate -> json.put("requests_per_second", rounded(rate)));
        return json;
    }

    private static double rounded(double rate) {
        return Math.round(rate * 100) / 100.0;
    }

    private void model(Exchange exchange, String name) {
        exchange.allow(Method.GET);
        CatalogModel model = Lookup.model(catalog, name);
        exchange.send(ModelJson.withTraffic(model, operations.routes().shares(model)));
    }

    private void version(Exchange exchange, String name, String selector) {
        exchange.allow(Method.GET);
        CatalogModel model = Lookup.model(catalog, name);
        CatalogVersion version = Lookup.version(model, selector);
        exchange.send(ModelJson.of(model, version, operations.routes().shares(model)));
    }

    private static int limit(UriQuery query) {
        Optional<String> given = query.first("limit").asOptional();
        if (given.isEmpty()) {
            return MOST;
        }
        String text = given.get();
        boolean digits = !text.isEmpty() && text.length() <= 4 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        int limit = digits ? Integer.parseInt(text) : 0;
        if (limit < 1 || limit > MOST) {
            throw new ServingException(
                    ErrorCode.INVALID_REQUEST,
                    "Parameter limit is %s; it takes a number from 1 to %d.".formatted(Wording.quoted(text), MOST));
        }
        return limit;
    }

    private static Optional<ModelName> after(UriQuery query) {
        Optional<String> given = query.first("after").asOptional();
        try {
            return given.map(ModelName::new);
        } catch (IllegalArgumentException e) {
            throw new ServingException(
                    ErrorCode.INVALID_REQUEST,
                    "Parameter after is %s; it takes the name of a model, the 'next' of the page before."
                            .formatted(Wording.quoted(given.orElse(""))),
                    e);
        }
    }
}
