package dev.serin.cli;

import dev.serin.gateway.http.ChangeJson;
import dev.serin.registry.ModelName;
import dev.serin.registry.RegisteredModel;
import dev.serin.registry.policy.PolicyChange;
import dev.serin.registry.policy.PolicyConflictException;
import dev.serin.registry.policy.PolicyRefusedException;
import dev.serin.registry.policy.PolicyWriter;
import dev.serin.registry.policy.PolicyWriter.Author;
import dev.serin.registry.policy.PolicyWriter.Changed;
import dev.serin.registry.policy.PolicyWriter.Draft;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** A change of one model's policy as commands make it: shown, asked for where a mistake costs, written, told. */
final class Proposal implements AutoCloseable {
    private final Terminal terminal;
    private final ChangeOptions options;
    private final OpenRegistry open;
    private final RegisteredModel model;

    private Proposal(Terminal terminal, ChangeOptions options, OpenRegistry open, RegisteredModel model) {
        this.terminal = terminal;
        this.options = options;
        this.open = open;
        this.model = model;
    }

    /** Opens the registry, which closes with this, and looks for the model. */
    static Proposal open(Terminal terminal, ChangeOptions options, ModelName name) {
        OpenRegistry open = options.settings().open(terminal.shell());
        try {
            RegisteredModel model = open.model(open.snapshot(name), name);
            model.policyProblem().ifPresent(problem -> {
                throw new CliException(ExitCode.VERIFICATION_FAILED, problem, "serin show " + name);
            });
            return new Proposal(terminal, options, open, model);
        } catch (RuntimeException e) { // of whatever kind: nobody else closes it
            open.close();
            throw e;
        }
    }

    OpenRegistry registry() {
        return open;
    }

    RegisteredModel model() {
        return model;
    }

    /**
     * How a change is told.
     *
     * @param effect what it does, line by line
     * @param question asked before it is made; empty asks nothing
     * @param done the word for it, once it is made
     * @param hint what to type next; empty for nothing
     */
    record Form(
            Function<Changed, List<String>> effect,
            Function<Changed, Optional<Question>> question,
            String done,
            String hint) {
        static Form quiet(Function<Changed, List<String>> effect, String done, String hint) {
            return new Form(effect, _ -> Optional.empty(), done, hint);
        }
    }

    /**
     * What is asked.
     *
     * @param expected what must be answered
     */
    record Question(String text, String expected) {
        static Question yesOrNo(String what) {
            return new Question(what + "? [y/N]", "y");
        }
    }

    /** {@return the exit status} */
    int make(PolicyChange change, Form form) {
        Draft draft = refused(() -> writer().draft(model.name(), change, author()));
        Changed preview = draft.preview();
        boolean changes = preview.entry().isPresent();
        Optional<Question> question = form.question().apply(preview).filter(_ -> changes && !options.dryRun());
        if (question.isPresent() && !options.yes() && !terminal.canAsk()) {
            throw new CliException(
                    ExitCode.USAGE,
                    "this is asked before it is done, and there is no terminal to ask on; --yes does it unasked",
                    "serin %s --yes".formatted(change.command(model.name())));
        }
        if (!changes) {
            tell(change, preview, "nothing to change, it is so already");
            return ExitCode.DONE.status();
        }
        form.effect().apply(preview).forEach(terminal.json() ? terminal::note : terminal::result);
        if (options.dryRun()) {
            tell(change, preview, "nothing was written");
            return ExitCode.DONE.status();
        }
        question.filter(_ -> !options.yes()).ifPresent(this::ask);
        tell(change, refused(draft::commit), form.done() + ", all gateways follow within 10 s");
        if (!form.hint().isEmpty()) {
            terminal.note("\nhint: " + form.hint());
        }
        return ExitCode.DONE.status();
    }

    private void tell(PolicyChange change, Changed changed, String line) {
        if (terminal.json()) {
            terminal.result(ChangeJson.changed(model.name(), change.command(model.name()), changed, options.dryRun()));
        } else {
            terminal.result(line);
        }
    }

    private void ask(Question question) {
        if (!terminal.ask(question.text()).equalsIgnoreCase(question.expected())) {
            throw new CliException(ExitCode.FAILED, "nothing was changed", "");
        }
    }

    private PolicyWriter writer() {
        return new PolicyWriter(open.registry(), terminal.shell().clock());
    }

    private Author author() {
        try {
            return new Author(Shell.user(), options.reason());
        } catch (IllegalArgumentException e) {
            throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()), "");
        }
    }

    private <T> T refused(Supplier<T> step) {
        String hint = "serin history " + model.name();
        try {
            return step.get();
        } catch (PolicyConflictException e) {
            throw new CliException(ExitCode.CONFLICT, e.getMessage(), hint);
        } catch (PolicyRefusedException e) {
            throw new CliException(
                    switch (e.kind()) {
                        case NOT_THERE -> ExitCode.NOT_FOUND;
                        case IN_THE_WAY -> ExitCode.CONFLICT;
                    },
                    e.getMessage(),
                    hint);
        }
    }

    @Override
    public void close() {
        open.close();
    }
}
