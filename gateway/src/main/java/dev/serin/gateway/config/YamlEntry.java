package dev.serin.gateway.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.comments.CommentLine;
import org.snakeyaml.engine.v2.comments.CommentType;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * A key with a value in a YAML file, nested keys joined by dots. Tags mean nothing here: every value is text until
 * somebody asks for it by type.
 *
 * @param text empty unless {@code single}
 * @param single whether the value is one, not a list
 * @param line counted from 1
 */
record YamlEntry(String key, String text, boolean single, int line, String comment) {
    private static final int MAX_DEPTH = 8; // an anchor may contain itself

    /**
     * Reads a file whole.
     *
     * @throws Malformed when it is not YAML, or not made of keys
     */
    static List<YamlEntry> readAll(String yaml) {
        List<YamlEntry> entries = new ArrayList<>();
        compose(yaml).ifPresent(root -> {
            if (!(root instanceof MappingNode mapping)) {
                throw new Malformed(line(root.getStartMark()), "expected keys and values, such as 'server:'");
            }
            flatten("", mapping, MAX_DEPTH, entries);
        });
        return entries;
    }

    private static Optional<Node> compose(String yaml) {
        try {
            return new Compose(LoadSettings.builder().setParseComments(true).build()).composeString(yaml);
        } catch (MarkedYamlEngineException e) {
            throw new Malformed(line(e.getProblemMark()), "this is not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new Malformed(0, "this is not YAML: " + e.getMessage());
        }
    }

    private static void flatten(String prefix, MappingNode mapping, int depth, List<YamlEntry> entries) {
        for (NodeTuple tuple : mapping.getValue()) {
            String name = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
            if (tuple.getValueNode() instanceof MappingNode nested && depth > 0) {
                flatten(prefix + name + ".", nested, depth - 1, entries);
            } else {
                entries.add(entry(prefix + name, tuple));
            }
        }
    }

    private static YamlEntry entry(String key, NodeTuple tuple) {
        Node node = tuple.getKeyNode();
        return tuple.getValueNode() instanceof ScalarNode scalar
                ? new YamlEntry(key, scalar.getValue(), true, line(node.getStartMark()), comment(node))
                : new YamlEntry(key, "", false, line(node.getStartMark()), comment(node));
    }

    private static int line(Optional<Mark> mark) {
        return mark.map(position -> position.getLine() + 1).orElse(0);
    }

    private static String comment(Node node) {
        List<CommentLine> lines = node.getBlockComments();
        return lines == null
                ? ""
                : lines.stream()
                        .filter(line -> line.getCommentType() == CommentType.BLOCK)
                        .map(line -> line.getValue().strip())
                        .collect(Collectors.joining(" "));
    }

    /** A file that cannot be read as settings at all. */
    static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final int line;

        Malformed(int line, String problem) {
            super(problem);
            this.line = line;
        }

        /** {@return counted from 1; 0 when it concerns the whole} */
        int line() {
            return line;
        }
    }
}
