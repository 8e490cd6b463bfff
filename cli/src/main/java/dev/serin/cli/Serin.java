package dev.serin.cli;

import dev.serin.gateway.config.ConfigException;
import dev.serin.gateway.observe.RegistryTrouble;
import dev.serin.inference.ModelRefusedException;
import dev.serin.registry.ConflictException;
import dev.serin.registry.RegistryException;
import dev.serin.registry.StoreException;
import dev.serin.registry.VerificationException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The serin command. */
@Command(
        name = "serin",
        versionProvider = Serin.Version.class,
        headerHeading = "serin serve                         start a gateway with the sample models%n"
                + "serin list                          what a registry holds%n%n",
        header = "Serves ONNX models straight from a registry.",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nEverywhere:%n",
        synopsisHeading = "%nUsage: ",
        synopsisSubcommandLabel = "COMMAND")
public final class Serin implements Callable<Integer> {
    private static final int HELP_WIDTH = 110;

    private final Shell shell;

    @Mixin
    private Globals globals = new Globals();

    @SuppressWarnings("UnusedVariable") // picocli reads the annotation
    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    private boolean version;

    private Serin(Shell shell) {
        this.shell = shell;
    }

    /** Runs a command and exits with its status. */
    public static void main(String[] args) {
        System.exit(run(Shell.ofProcess(), args));
    }

    /** {@return the exit status} */
    static int run(Shell shell, String... args) {
        try {
            return new Serin(shell).commandLine().execute(args);
        } catch (Throwable bug) { // what picocli does not catch: errors
            return tell(shell, Crash.of(bug, Version.VALUE));
        }
    }

    /** {@return the commands, to be looked at} */
    static CommandLine commandLine(Shell shell) {
        return new Serin(shell).commandLine();
    }

    private CommandLine commandLine() {
        var terminal = new Terminal(shell, globals);
        CommandLine line = new CommandLine(this)
                .addSubcommand("serve", new ServeCommand(terminal))
                .addSubcommand("register", new RegisterCommand(terminal))
                .addSubcommand("list", new ListCommand(terminal))
                .addSubcommand("show", new ShowCommand(terminal))
                .addSubcommand("predict", new PredictCommand(terminal))
                .addSubcommand("alias", AliasCommand.group(terminal))
                .addSubcommand("canary", CanaryCommand.group(terminal))
                .addSubcommand("shadow", ShadowCommand.group(terminal))
                .addSubcommand("route", new RouteCommand(terminal))
                .addSubcommand("retire", new RetireCommand(terminal))
                .addSubcommand("history", new HistoryCommand(terminal))
                .addSubcommand("undo", new UndoCommand(terminal))
                .addSubcommand("doctor", new DoctorCommand(terminal))
                .addSubcommand("help", new HelpCommand(terminal));
        line.getSubcommands().values().forEach(Serin::setHeadings);
        return line.setExpandAtFiles(false)
                .setUsageHelpWidth(HELP_WIDTH)
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                .setOut(new PrintWriter(shell.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(shell.err(), true, StandardCharsets.UTF_8))
                .setParameterExceptionHandler((e, _) -> tell(shell, CommandLines.failure(e)))
                .setExecutionExceptionHandler((e, _, _) -> tell(shell, failure(e)));
    }

    private static void setHeadings(CommandLine command) {
        command.getCommandSpec()
                .usageMessage()
                .synopsisHeading("%nUsage: ")
                .descriptionHeading("%n")
                .parameterListHeading("%n")
                .optionListHeading("%n");
        if (!command.getSubcommands().isEmpty()) {
            command.getCommandSpec()
                    .usageMessage()
                    .commandListHeading("%nCommands:%n")
                    .synopsisSubcommandLabel("COMMAND");
            command.getSubcommands().values().forEach(Serin::setHeadings);
        }
    }

    /** Without a command. */
    @Override
    public Integer call() {
        shell.err().println(CommandLines.usage(commandLine()));
        return ExitCode.USAGE.status();
    }

    private static CliException failure(Exception e) {
        return switch (e) {
            case CliException known -> known;
            case ParameterException usage -> CommandLines.failure(usage);
            case ConfigException _ -> told(ExitCode.CONFIGURATION, e, "serin serve -h");
            case ConflictException _ -> told(ExitCode.CONFLICT, e, "serin list");
            case VerificationException _ -> told(ExitCode.VERIFICATION_FAILED, e, "");
            case ModelRefusedException _ -> told(ExitCode.VERIFICATION_FAILED, e, "");
            case StoreException bucket ->
                new CliException(
                        ExitCode.REGISTRY_UNREACHABLE,
                        RegistryTrouble.of(bucket).text(),
                        "serin doctor");
            case RegistryException _ -> told(ExitCode.REGISTRY_UNREACHABLE, e, "serin list --registry DIR");
            case UncheckedIOException io -> new CliException(ExitCode.FAILED, reason(io), "");
            default -> Crash.of(e, Version.VALUE);
        };
    }

    private static String reason(UncheckedIOException e) {
        return switch (e.getCause()) {
            case NoSuchFileException file -> "there is no file " + file.getFile();
            case AccessDeniedException file -> file.getFile() + " may not be read or written by this user";
            case null, default -> String.valueOf(e.getMessage());
        };
    }

    private static CliException told(ExitCode code, Exception e, String hint) {
        return new CliException(code, String.valueOf(e.getMessage()), hint);
    }

    private static int tell(Shell shell, CliException failure) {
        shell.err().println(Words.printable(failure.line()));
        if (!failure.hint().isEmpty()) {
            shell.err().println();
            shell.err().println("hint: " + failure.hint());
        }
        return failure.code().status();
    }

    /** The version of this build. */
    static final class Version implements IVersionProvider {
        static final String VALUE = Optional.ofNullable(Serin.class.getPackage().getImplementationVersion())
                .orElse("development");

        @Override
        public String[] getVersion() {
            return new String[] {"serin %s · Java %s".formatted(VALUE, System.getProperty("java.version"))};
        }
    }
}
