package dev.serin.gateway.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.gateway.catalog.Catalog;
import dev.serin.gateway.catalog.CatalogModel;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
import io.helidon.http.Method;
import java.util.List;

/**
 * {@code /admin/models/{model}/rollout}, {@code …/shadow} and {@code …/changes}: what operators ask of one gateway, and through
 * it of the registry. On the management port alone.
 */
final class AdminService implements EdgeService {
    private final Catalog catalog;
    private final Operations operations;
    private final AdminAccess access;
    private final RolloutJson rollouts;

    AdminService(Catalog catalog, Operations operations, AdminAccess access) {
        this.catalog = catalog;
        this.operations = operations;
        this.access = access;
        this.rollouts = new RolloutJson(operations);
    }

    @Override
    public void serve(Exchange exchange, List<String> path) {
        access.requireOurName(exchange);
        if (path.size() != 4 || !path.get(1).equals("models")) {
            throw HttpErrors.noSuchPath(exchange.rawPath());
        }
        String model = path.get(2);
        switch (path.get(3)) {
            case "rollout" -> {
                exchange.allow(Method.GET);
                exchange.send(rollouts.of(Lookup.model(catalog, model)));
            }
            case "shadow" -> {
                exchange.allow(Method.GET);
                exchange.send(shadow(Lookup.model(catalog, model).name()));
            }
            case "changes" -> changes(exchange, model);
            default -> throw HttpErrors.noSuchPath(exchange.rawPath());
        }
    }

    private ObjectNode shadow(ModelName model) {
        ObjectNode body = Json.object().put("model", model.value());
        body.set("shadow", operations.shadows().of(model).map(ShadowJson::of).orElse(null));
        return body;
    }

    private void changes(Exchange exchange, String name) {
        if (exchange.isMethod(Method.POST)) {
            access.requireToken(exchange);
            exchange.send(change(exchange, Lookup.model(catalog, name)));
        } else {
            exchange.allow(Method.GET, Method.POST);
            CatalogModel model = Lookup.model(catalog, name);
            exchange.send(
                    ChangeJson.history(model.name(), model.policy().history().reversed()));
        }
    }

    private ObjectNode change(Exchange exchange, CatalogModel model) {
        MediaTypes.requireUncompressed(exchange);
        byte[] body = Body.read(exchange.request());
        MediaTypes.requireJson(exchange, body);
        ModelPolicy present = operations.changes().policy(model);
        ChangeRequest request = ChangeRequest.read(
                body, new ChangeRequest.About(model, present, operations.clock().instant()));
        return ChangeJson.changed(
                model.name(),
                request.change().command(model.name()),
                operations
                        .changes()
                        .make(model, present, request.change(), request.author(), request.seen(), request.dryRun()),
                request.dryRun());
    }
}
