package dev.serin.gateway;

import dev.serin.gateway.config.Machine;
import dev.serin.gateway.config.Settings;
import dev.serin.gateway.http.HttpConfig;
import dev.serin.gateway.observe.ObserveConfig;
import dev.serin.gateway.predict.PredictConfig;
import dev.serin.gateway.scheduling.SchedulingConfig;
import dev.serin.gateway.sessions.SessionsConfig;
import dev.serin.gateway.shadow.ShadowConfig;
import java.util.List;

/**
 * What each room of the gateway is configured with. Only {@code Main} sees the whole.
 *
 * @param origin where the values come from, for people: {@code environment (1 key), 25 defaults}
 * @param warnings sentences on settings that are ignored or lowered
 */
public record GatewayConfig(
        RegistryConfig registry,
        HttpConfig http,
        SessionsConfig sessions,
        SchedulingConfig scheduling,
        PredictConfig predict,
        ShadowConfig shadow,
        ObserveConfig observe,
        String origin,
        List<String> warnings) {
    public GatewayConfig {
        warnings = List.copyOf(warnings);
    }

    /**
     * Reads every setting.
     *
     * @throws dev.serin.gateway.config.ConfigException naming every fault of all of them
     */
    public static GatewayConfig from(Settings settings, Machine machine) {
        var registry = RegistryConfig.from(settings);
        var http = HttpConfig.from(settings, machine);
        var sessions = SessionsConfig.from(settings, machine);
        var scheduling = SchedulingConfig.from(settings, machine);
        var predict = PredictConfig.from(settings);
        var shadow = ShadowConfig.from(settings);
        var observe = ObserveConfig.from(settings);
        settings.check();
        return new GatewayConfig(
                registry,
                http,
                sessions,
                scheduling,
                predict,
                shadow,
                observe,
                settings.summary(),
                settings.warnings());
    }
}
