package dev.serin.cli;

import dev.serin.gateway.http.ChangeJson;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelPolicy;
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
            return checked(new Proposal(terminal, options, open, open.model(open.snapshot(name), name)));
        } catch (RuntimeException e) { // of whatever kind: nobody else closes it
            open.close();
            throw e;
        }
    }

    /** For a model that need not be there yet. The registry stays its opener's, so this is not to be closed. */
    static Proposal within(OpenRegistry open, Terminal terminal, ChangeOptions options, ModelName name) {
        RegisteredModel model = Optional.ofNullable(open.snapshot(name).models().get(name))
                .orElseGet(() -> new RegisteredModel(name, List.of(), ModelPolicy.NONE, Optional.empty()));
        return checked(new Proposal(terminal, options, open, model));
    }

    private static Proposal checked(Proposal proposal) {
        RegisteredModel model = proposal.model();
        model.policyProblem().ifPresent(problem -> {
            throw new CliException(ExitCode.VERIFICATION_FAILED, problem, "serin show " + model.name());
        });
        return proposal;
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
        Draft draft = draft(change);
        Changed preview = draft.preview();
        Optional<Question> question = question(form, preview, "serin " + change.command(model.name()));
        if (preview.entry().isEmpty()) {
            tell(change, preview, "nothing to change, it is so already");
            return ExitCode.DONE.status();
        }
        show(form, preview);
        if (options.dryRun()) {
            tell(change, preview, "nothing was written");
            return ExitCode.DONE.status();
        }
        question.ifPresent(this::ask);
        tell(change, commit(draft), form.done() + ", all gateways follow within 10 s");
        if (!form.hint().isEmpty()) {
            terminal.note("\nhint: " + form.hint());
        }
        return ExitCode.DONE.status();
    }

    /**
     * Decides a change that is a part of something else, and asks for it where it must be asked for.
     *
     * @param command what is to be typed with {@code --yes} where nobody can be asked
     * @return what is to be committed when its time has come
     */
    Draft agree(PolicyChange change, Form form, String command) {
        Draft draft = draft(change);
        question(form, draft.preview(), command).ifPresent(question -> {
            show(form, draft.preview());
            ask(question);
        });
        return draft;
    }

    private Draft draft(PolicyChange change) {
        return refused(() -> writer().draft(model.name(), change, author()));
    }

    Changed commit(Draft draft) {
        return refused(draft::commit);
    }

    /** {@return what is to be asked, if anything} */
    private Optional<Question> question(Form form, Changed preview, String command) {
        Optional<Question> question = form.question()
                .apply(preview)
                .filter(_ -> preview.entry().isPresent() && !options.dryRun() && !options.yes());
        if (question.isPresent() && !terminal.canAsk()) {
            throw new CliException(
                    ExitCode.USAGE,
                    "this is asked before it is done, and there is no terminal to ask on; --yes does it unasked",
                    command + " --yes");
        }
        return question;
    }

    private void show(Form form, Changed preview) {
        form.effect().apply(preview).stream()
                .map(Words::line) // some of it is from the history, which others wrote
                .forEach(terminal.json() ? terminal::note : terminal::result);
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
            return new Author(terminal.shell().user(), options.reason());
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
