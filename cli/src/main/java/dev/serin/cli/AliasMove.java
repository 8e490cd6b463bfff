package dev.serin.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.serin.registry.AliasName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.VersionId;
import dev.serin.registry.policy.PolicyChange.SetAlias;
import dev.serin.registry.policy.PolicyWriter.Changed;
import dev.serin.registry.policy.PolicyWriter.Draft;
import java.util.Optional;

/** An alias that is to stand for a version once that is published: decided and agreed to before anything is written. */
record AliasMove(Proposal proposal, SetAlias set, Draft draft) {

    /**
     * Decides it as {@code serin alias set} does.
     *
     * @param command what is to be typed with {@code --yes} where nobody can be asked
     */
    static AliasMove agree(Proposal proposal, VersionId id, AliasName alias, String command) {
        SetAlias set = AliasCommand.change(proposal.model(), alias, id.version());
        return new AliasMove(proposal, set, proposal.agree(set, AliasCommand.form(proposal.model(), set), command));
    }

    /** Lets it stand for the version, which is published now. */
    void commit() {
        proposal.commit(draft);
    }

    private Changed preview() {
        return draft.preview();
    }

    private boolean changes() {
        return preview().entry().isPresent();
    }

    /** {@return {@code alias candidate → 4} and what comes of it} */
    String text(boolean written) {
        return changes()
                ? AliasCommand.move(preview(), set) + (written ? " moves when a gateway has it ready" : "")
                : "alias %s → %s already".formatted(set.alias(), set.version());
    }

    ObjectNode document(boolean written) {
        return Json.object()
                .put("alias", set.alias().value())
                .put("version", set.version().value())
                .put(
                        "from",
                        Optional.ofNullable(preview().before().aliases().get(set.alias()))
                                .map(ModelVersion::value)
                                .orElse(null))
                .put("changed", written && changes());
    }
}
