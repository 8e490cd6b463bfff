package dev.serin.cli;

import dev.serin.gateway.config.NearestName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said of a command line that is wrong. */
final class CommandLines {
    private CommandLines() {}

    static String usage(CommandLine command) {
        return command.getUsageMessage(Ansi.OFF).stripTrailing();
    }

    static CliException failure(ParameterException e) {
        CommandLine command = e.getCommandLine();
        return switch (e) {
            case UnmatchedArgumentException unmatched
            when isTop(command) && !unmatched.isUnknownOption() ->
                unknownCommand(unmatched.getUnmatched().getFirst(), command, List.of(), "unknown command '%s'");
            case UnmatchedArgumentException unmatched when unmatched.isUnknownOption() -> unknownFlag(unmatched);
            case UnmatchedArgumentException unmatched
            when isGroup(command) ->
                unknownCommand(
                        unmatched.getUnmatched().getFirst(),
                        command,
                        List.of(),
                        "'%s' has no command '%%s'".formatted(name(command)));
            case UnmatchedArgumentException unmatched ->
                usage(
                        command,
                        "'%s' does not take '%s'"
                                .formatted(
                                        name(command), unmatched.getUnmatched().getFirst()));
            case MissingParameterException missing -> usage(command, missing(missing, command));
            case ParameterException _
            when isGroup(command) ->
                usage(
                        command,
                        "'%s' needs one of %s"
                                .formatted(
                                        name(command),
                                        String.join(
                                                ", ", command.getSubcommands().keySet())));
            default -> usage(command, lowerFirst(String.valueOf(e.getMessage())));
        };
    }

    static CliException unknownCommand(String given, CommandLine top, Collection<String> alsoKnown, String text) {
        List<String> names = new ArrayList<>(top.getSubcommands().keySet());
        names.addAll(alsoKnown);
        return usage(top, text.formatted(given) + didYouMean(given, names));
    }

    private static CliException unknownFlag(UnmatchedArgumentException e) {
        CommandLine command = e.getCommandLine();
        String given = e.getUnmatched().getFirst();
        int equals = given.indexOf('=');
        String flag = equals < 0 ? given : given.substring(0, equals);
        List<String> known = command.getCommandSpec().options().stream()
                .flatMap(option -> List.of(option.names()).stream())
                .toList();
        return usage(command, "'%s' has no flag '%s'%s".formatted(name(command), flag, didYouMean(flag, known)));
    }

    private static String missing(MissingParameterException e, CommandLine command) {
        List<ArgSpec> missing = e.getMissing();
        if (missing.size() == 1 && missing.getFirst().isOption()) {
            String flag = ((picocli.CommandLine.Model.OptionSpec) missing.getFirst()).longestName();
            return "%s needs a value: %s %s"
                    .formatted(flag, flag, missing.getFirst().paramLabel());
        }
        String needed = String.join(
                " ",
                missing.stream()
                        .map(ArgSpec::paramLabel)
                        .map(label -> label.replaceAll("[<>]", ""))
                        .toList());
        return "'%s' needs %s".formatted(name(command), needed);
    }

    private static CliException usage(CommandLine command, String text) {
        return new CliException(ExitCode.USAGE, text, name(command) + " -h");
    }

    private static String didYouMean(String given, Collection<String> names) {
        Optional<String> nearest = NearestName.of(given, names);
        return nearest.map(name -> ". Did you mean '" + name + "'?").orElse("");
    }

    private static boolean isTop(CommandLine command) {
        return command.getParent() == null;
    }

    /** {@return whether it only holds commands that belong together} */
    private static boolean isGroup(CommandLine command) {
        return !isTop(command) && !command.getSubcommands().isEmpty();
    }

    private static String name(CommandLine command) {
        return command.getCommandSpec().qualifiedName();
    }

    private static String lowerFirst(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}
