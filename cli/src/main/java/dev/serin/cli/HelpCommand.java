package dev.serin.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code serin help}: a command, or a topic that is none. */
@Command(
        headerHeading = "serin help register                 a command%n"
                + "serin help exit-codes               what the exit status means%n%n",
        header = "Tell of a command or a topic.",
        description = "The only topic is exit-codes.")
final class HelpCommand implements Callable<Integer> {
    private static final String EXIT_CODES = "exit-codes";

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "0..*", paramLabel = "TOPIC", description = "A command, or exit-codes.")
    private List<String> topic = new ArrayList<>();

    HelpCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        CommandLine top = spec.parent().commandLine();
        if (topic.isEmpty()) {
            terminal.result(CommandLines.usage(top));
        } else if (topic.equals(List.of(EXIT_CODES))) {
            printExitCodes();
        } else {
            CommandLine command = top;
            for (String word : topic) {
                CommandLine inner = command.getSubcommands().get(word);
                if (inner == null) {
                    throw CommandLines.unknownCommand(
                            word,
                            command,
                            command.getParent() == null ? List.of(EXIT_CODES) : List.of(),
                            "there is no help on '%s'");
                }
                command = inner;
            }
            terminal.result(CommandLines.usage(command));
        }
        return ExitCode.DONE.status();
    }

    private void printExitCodes() {
        var table = new Table("STATUS", "MEANING");
        for (ExitCode code : ExitCode.values()) {
            table.row(String.valueOf(code.status()), code.meaning());
        }
        table.print(terminal);
    }
}
