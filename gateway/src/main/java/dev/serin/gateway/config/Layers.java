package dev.serin.gateway.config;

import dev.serin.gateway.config.Setting.Source;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Puts the sources one over the other, the later winning, and notes what is wrong on the way. Used once. */
final class Layers {
    /** Variables with our prefix that are not settings: the CLI's, the launcher's, and what Kubernetes makes of services. */
    private static final Pattern NOT_SETTINGS =
            Pattern.compile("SERIN_(SERVER|SIGNING_KEY|JAVA_OPTS|PORT|PORT_.*|SERVICE_.*"
                    + "|.+_SERVICE_(HOST|PORT)|.+_SERVICE_PORT_.*|.+_PORT_[0-9]+_(TCP|UDP).*)");

    private static final String KUBERNETES_LINK = "tcp://";

    private final KnownKeys keys;
    private final Sources sources;
    private final Map<String, Setting> values = new HashMap<>();
    private final List<Fault> faults = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private Layers(KnownKeys keys, Sources sources) {
        this.keys = keys;
        this.sources = sources;
    }

    static Layers read(KnownKeys keys, Sources sources) {
        var layers = new Layers(keys, sources);
        keys.all().forEach(key -> layers.put(key.name(), key.defaultText(), new Source.Default()));
        sources.file().ifPresent(layers::readFile);
        layers.readEnvironment();
        sources.assignments().forEach(layers::assign);
        return layers;
    }

    Map<String, Setting> values() {
        return values;
    }

    List<Fault> faults() {
        return faults;
    }

    List<String> warnings() {
        return warnings;
    }

    private void put(String key, String text, Source source) {
        values.put(key, new Setting(key, text, source));
    }

    private void readFile(Path file) {
        Path path = sources.directory().resolve(file);
        Path folder = path.toAbsolutePath().normalize().getParent();
        Path directory = folder == null ? sources.directory() : folder;
        try {
            new FileLayer(file.toString(), directory).read(Files.readString(path));
        } catch (NoSuchFileException _) {
            faults.add(new Fault(new Source.File(file.toString(), directory, 0), "there is no such file"));
        } catch (CharacterCodingException _) {
            faults.add(new Fault(new Source.File(file.toString(), directory, 0), "this is not a text in UTF-8"));
        } catch (IOException e) {
            faults.add(new Fault(new Source.File(file.toString(), directory, 0), "cannot be read: " + e.getMessage()));
        }
    }

    private void readEnvironment() {
        Map<String, KnownKey> byVariable = new HashMap<>();
        keys.all().forEach(key -> byVariable.put(key.environmentName(), key));
        new TreeMap<>(sources.environment()).forEach((variable, text) -> {
            KnownKey key = byVariable.get(variable);
            if (key != null && text.startsWith(KUBERNETES_LINK) && variable.endsWith("_PORT")) {
                warnings.add("%s is '%s', which Kubernetes sets for a service of that name; ignored"
                        .formatted(variable, text));
            } else if (key != null) {
                put(key.name(), text.strip(), new Source.Environment(variable));
            } else if (variable.startsWith("SERIN_")
                    && !NOT_SETTINGS.matcher(variable).matches()) {
                warnings.add(unknown(variable, byVariable));
            }
        });
    }

    private static String unknown(String variable, Map<String, KnownKey> byVariable) {
        String meant = NearestName.of(variable, byVariable.keySet())
                .map(name -> ". Did you mean " + name + "?")
                .orElse("");
        return "unknown environment variable %s is ignored%s".formatted(variable, meant);
    }

    private void assign(Sources.Assignment assignment) {
        var source = new Source.Flag(assignment.flag());
        if (keys.find(assignment.key()).isPresent()) {
            put(assignment.key(), assignment.text(), source);
        } else {
            faults.add(new Fault(source, keys.unknown(assignment.key())));
        }
    }

    /** The file named by {@code --config}. */
    private final class FileLayer {
        private final String name;
        private final Path directory;
        private final Map<String, Integer> lines = new HashMap<>();

        FileLayer(String name, Path directory) {
            this.name = name;
            this.directory = directory;
        }

        void read(String yaml) {
            try {
                YamlEntry.readAll(yaml).forEach(this::add);
            } catch (YamlEntry.Malformed e) {
                fault(e.line(), e.getMessage());
            }
        }

        private void add(YamlEntry entry) {
            String key = entry.key();
            Integer earlier = lines.putIfAbsent(key, entry.line());
            if (earlier != null) {
                fault(entry.line(), "'%s' is given again; line %d has it already".formatted(key, earlier));
            } else if (keys.isGroup(key)) {
                addGroup(entry);
            } else if (keys.find(key).isEmpty()) {
                fault(entry.line(), keys.unknown(key));
            } else if (!entry.single()) {
                fault(entry.line(), "'%s' is a list; it takes one value".formatted(key));
            } else {
                put(key, entry.text().strip(), new Source.File(name, directory, entry.line()));
            }
        }

        private void addGroup(YamlEntry entry) {
            if (!entry.text().isEmpty() || !entry.single()) { // a group with all its keys commented out is fine
                fault(entry.line(), "'%s' is a group of keys, not a value".formatted(entry.key()));
            }
        }

        private void fault(int line, @Nullable String text) {
            faults.add(new Fault(new Source.File(name, directory, line), String.valueOf(text)));
        }
    }
}
