package dev.serin.gateway.config;

import dev.serin.gateway.config.Setting.Source;
import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The value of every known key and where it was written. The typed getters never fail: a wrong value is noted and its
 * default given instead, so that {@link #check} can report all faults of all sources together. Not thread-safe; made at
 * start, read by the {@code from} methods of the rooms' records, then dropped.
 */
public final class Settings {
    private static final int SHOWN_VALUE = 40;
    private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,10}");

    private final KnownKeys keys;
    private final Sources sources;
    private final Map<String, Setting> values;
    private final List<Fault> faults;
    private final List<String> warnings;
    private final Map<String, String> types = new HashMap<>();

    private Settings(KnownKeys keys, Sources sources, Layers layers) {
        this.keys = keys;
        this.sources = sources;
        this.values = layers.values();
        this.faults = layers.faults();
        this.warnings = layers.warnings();
    }

    /** Reads all sources. What is wrong with them is told by {@link #check}. */
    public static Settings load(Sources sources) {
        KnownKeys keys = KnownKeys.load();
        return new Settings(keys, sources, Layers.read(keys, sources));
    }

    /** {@return a duration between the two, both allowed} */
    public Duration duration(String key, Duration least, Duration most) {
        String takes = "duration, %s to %s".formatted(Quantities.format(least), Quantities.format(most));
        return read(
                key,
                takes,
                text -> inRange(Quantities.duration(text), least, most)
                        .orElseThrow(() -> new WrongValue("a " + takes + say(text, "%ss or %sms"))));
    }

    /** {@return a size in bytes between the two, both allowed} */
    public long bytes(String key, long least, long most) {
        String takes = "size, %s to %s".formatted(Quantities.format(least), Quantities.format(most));
        return read(
                key,
                takes,
                text -> inRange(Quantities.bytes(text), least, most)
                        .orElseThrow(() -> new WrongValue("a " + takes + say(text, "%sMiB or %sB"))));
    }

    /** {@return a whole number between the two, both allowed} */
    public int integer(String key, int least, int most) {
        String takes = "whole number, %d to %d".formatted(least, most);
        return read(
                key, takes, text -> integerInRange(text, least, most).orElseThrow(() -> new WrongValue("a " + takes)));
    }

    /** {@return a whole number between the two, or what {@code auto} stands for} */
    public int integerOrAuto(String key, int least, int most, int auto) {
        String takes = "auto or a whole number, %d to %d".formatted(least, most);
        return read(
                key,
                takes,
                text -> text.equals("auto")
                        ? auto
                        : integerInRange(text, least, most).orElseThrow(() -> new WrongValue(takes)));
    }

    /** {@return a size in bytes, given as one or as a share of the whole; never more than the whole} */
    public long bytesOrShare(String key, long whole) {
        return read(key, "share of 1% to 100%, or a size", text -> {
            Optional<BigDecimal> share = Quantities.share(text);
            return share.isPresent() ? shareOf(whole, share.get()) : size(text, whole);
        });
    }

    private static long shareOf(long whole, BigDecimal share) {
        if (share.compareTo(BigDecimal.ONE.movePointLeft(2)) < 0 || share.compareTo(BigDecimal.ONE) > 0) {
            throw new WrongValue("a share of 1% to 100%, or a size");
        }
        return share.multiply(BigDecimal.valueOf(whole)).longValue();
    }

    private static long size(String text, long whole) {
        long bytes = Quantities.bytes(text)
                .orElseThrow(() ->
                        new WrongValue("a share such as 60%, or a size such as 6GiB" + say(text, "%s%% or %sMiB")));
        if (bytes > whole) {
            throw new WrongValue("at most the %s that the Java heap leaves here".formatted(Quantities.format(whole)));
        }
        return bytes;
    }

    /** {@return whether something is wanted} */
    public boolean flag(String key) {
        return read(key, "true or false", text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new WrongValue("true or false");
        });
    }

    /** {@return a text that is not empty} */
    public String text(String key) {
        return read(key, "text", text -> {
            if (text.isEmpty()) {
                throw new WrongValue("a text that is not empty");
            }
            return text;
        });
    }

    /** {@return a text; empty when none was given} */
    public Optional<String> optionalText(String key) {
        return read(key, "text, or nothing", text -> Optional.of(text).filter(given -> !given.isEmpty()));
    }

    /** {@return one of the constants, which are written in lower case with hyphens} */
    public <E extends Enum<E>> E choice(String key, Class<E> type) {
        E[] constants = type.getEnumConstants();
        String labels = Arrays.stream(constants).map(Settings::label).collect(Collectors.joining(", "));
        return read(
                key,
                labels,
                text -> Arrays.stream(constants)
                        .filter(constant -> label(constant).equals(text))
                        .findFirst()
                        .orElseThrow(() -> new WrongValue("one of " + labels)));
    }

    private static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** {@return an absolute path; a relative one is meant relative to where it was written} */
    public Path path(String key) {
        types.put(key, "path");
        Setting setting = setting(key);
        Path base = base(setting.source());
        try {
            return base.resolve(PathText.expand(setting.text(), sources.environment()))
                    .toAbsolutePath()
                    .normalize();
        } catch (InvalidPathException e) {
            fault(key, "it takes a path; " + e.getReason());
        } catch (IllegalArgumentException e) {
            fault(key, "it takes a path; " + e.getMessage());
        }
        return base;
    }

    /** {@return as {@link #path}; empty when none was given} */
    public Optional<Path> optionalPath(String key) {
        Optional<Path> path = setting(key).text().isEmpty() ? Optional.empty() : Optional.of(path(key));
        types.put(key, "path, or nothing");
        return path;
    }

    private Path base(Source source) {
        return switch (source) {
            case Source.Default() -> sources.installation();
            case Source.File file -> file.directory();
            case Source.Environment _, Source.Flag _ -> sources.directory();
        };
    }

    /** Notes that a value is of the right kind and wrong all the same. */
    public void fault(String key, String text) {
        Setting setting = setting(key);
        faults.add(new Fault(setting.source(), "%s is '%s'; %s".formatted(key, cut(setting.text()), text)));
    }

    /** Notes something that is served otherwise than it was asked for. */
    public void warn(String text) {
        warnings.add(text);
    }

    /** {@return whether somebody has set this key, be it to its default} */
    public boolean isSet(String key) {
        return !(setting(key).source() instanceof Source.Default);
    }

    /**
     * Stops if anything was found wrong.
     *
     * @throws ConfigException with every fault noted so far
     */
    public void check() {
        if (!faults.isEmpty()) {
            throw new ConfigException(faults.stream()
                    .sorted(Fault.ORDER)
                    .map(Fault::toString)
                    .distinct()
                    .toList());
        }
    }

    /** {@return what does not stop the start and should be looked at} */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** {@return where the values come from, for people: {@code environment (1 key), 25 defaults}} */
    public String summary() {
        List<String> parts = new ArrayList<>();
        sources.file().ifPresent(file -> parts.add(file + counted(Source.File.class)));
        if (count(Source.Environment.class) > 0) {
            parts.add("environment" + counted(Source.Environment.class));
        }
        if (count(Source.Flag.class) > 0) {
            parts.add("flags" + counted(Source.Flag.class));
        }
        parts.add(count(Source.Default.class) + " defaults");
        return String.join(", ", parts);
    }

    private String counted(Class<? extends Source> kind) {
        long count = count(kind);
        return " (%d %s)".formatted(count, count == 1 ? "key" : "keys");
    }

    private long count(Class<? extends Source> kind) {
        return values.values().stream()
                .filter(setting -> kind.isInstance(setting.source()))
                .count();
    }

    KnownKeys keys() {
        return keys;
    }

    /** {@return what each key that was read so far takes} */
    Map<String, String> types() {
        return types;
    }

    private Setting setting(String key) {
        return Objects.requireNonNull(values.get(keys.require(key).name()));
    }

    private <T> T read(String key, String takes, Function<String, T> reader) {
        types.put(key, takes);
        Setting setting = setting(key);
        try {
            return reader.apply(setting.text());
        } catch (WrongValue wrong) {
            fault(key, "it takes " + wrong.takes);
            return reader.apply(keys.require(key).defaultText());
        }
    }

    private static <T extends Comparable<T>> Optional<T> inRange(Optional<T> value, T least, T most) {
        return value.filter(given -> given.compareTo(least) >= 0 && given.compareTo(most) <= 0);
    }

    private static Optional<Integer> integerInRange(String text, int least, int most) {
        if (!INTEGER.matcher(text).matches()) {
            return Optional.empty();
        }
        long value = Long.parseLong(text);
        return value < least || value > most ? Optional.empty() : Optional.of((int) value);
    }

    private static String say(String text, String form) {
        return Quantities.isBare(text) ? "; say " + form.formatted(text, text) : "";
    }

    private static String cut(String text) {
        return text.length() <= SHOWN_VALUE ? text : text.substring(0, SHOWN_VALUE) + "…";
    }

    private static final class WrongValue extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final String takes;

        WrongValue(String takes) {
            super(takes, null, false, false);
            this.takes = takes;
        }
    }
}
