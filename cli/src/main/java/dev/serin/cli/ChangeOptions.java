package dev.serin.cli;

import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every command takes that changes a policy. */
final class ChangeOptions {
    @Option(
            names = {"-m", "--reason"},
            paramLabel = "TEXT",
            description = "Why; kept in the history.")
    private Optional<String> reason = Optional.empty();

    @Option(
            names = {"-n", "--dry-run"},
            description = "Show what would change and write nothing.")
    private boolean dryRun;

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    private boolean yes;

    @Mixin
    private SettingsOptions settings = new SettingsOptions();

    ChangeOptions() {}

    /** Those of a command that tells of them in words of its own. */
    ChangeOptions(Optional<String> reason, boolean dryRun, boolean yes) {
        this.reason = reason;
        this.dryRun = dryRun;
        this.yes = yes;
    }

    Optional<String> reason() {
        return reason;
    }

    boolean dryRun() {
        return dryRun;
    }

    boolean yes() {
        return yes;
    }

    SettingsOptions settings() {
        return settings;
    }
}
