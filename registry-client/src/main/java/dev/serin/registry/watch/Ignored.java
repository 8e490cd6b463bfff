package dev.serin.registry.watch;

import java.util.ArrayList;
import java.util.List;

/** Sentences on what is not served: the first hundred, and how many more there were. Used by one thread. */
final class Ignored {
    private static final int MAX = 100;

    private final List<String> sentences = new ArrayList<>();
    private long more;

    void add(String sentence) {
        if (sentences.size() < MAX) {
            sentences.add(sentence);
        } else {
            more++;
        }
    }

    void addAll(Ignored others) {
        others.sentences.forEach(this::add);
        more += others.more;
    }

    List<String> sentences() {
        if (more == 0) {
            return List.copyOf(sentences);
        }
        List<String> all = new ArrayList<>(sentences);
        all.add("%d more are ignored".formatted(more));
        return List.copyOf(all);
    }
}
