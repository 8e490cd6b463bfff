package dev.serin.cli;

import dev.serin.cli.Findings.Finding;
import dev.serin.gateway.observe.RegistryTrouble;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.RegistryException;
import dev.serin.registry.RegistryWriter;
import dev.serin.registry.StoreException;
import dev.serin.registry.StoreException.Addressing;
import dev.serin.registry.StoreException.Answered;
import dev.serin.registry.StoreException.Kind;
import dev.serin.registry.s3.S3Config;
import dev.serin.registry.s3.S3Probe;
import dev.serin.registry.s3.S3Probe.Reached;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Looks at everything between here and a registry, in the order in which it can go wrong. Used by one thread. */
final class Checkup {
    /** What stores commonly accept. */
    private static final Duration ACCEPTED_SKEW = Duration.ofMinutes(15);

    /** What nobody needs to mend today. */
    private static final Duration SMALL_SKEW = Duration.ofMinutes(1);

    /** A probe that another doctor left behind when it was killed is nobody's any more. */
    private static final Duration FORGOTTEN = Duration.ofHours(1);

    private final RegistryWriter registry;
    private final InstantSource clock;
    private final Findings findings = new Findings();

    private Checkup(RegistryWriter registry, InstantSource clock) {
        this.registry = registry;
        this.clock = clock;
    }

    /** {@return what was found of a directory} */
    static Map<Check, Finding> ofDirectory(RegistryWriter registry, InstantSource clock) {
        Checkup checkup = new Checkup(registry, clock);
        checkup.listDirectory().ifPresent(objects -> checkup.objects(objects, Optional.empty()));
        return checkup.findings.all(Check::isOfDirectories);
    }

    /** {@return what was found of a bucket and the way there} */
    static Map<Check, Finding> ofBucket(S3Config config, S3Probe probe, InstantSource clock) {
        Checkup checkup = new Checkup(probe.registry(), clock);
        if (checkup.reach(config, probe) && checkup.credentials(probe)) {
            checkup.listBucket(config, probe).ifPresent(objects -> checkup.objects(objects, Optional.of(probe)));
        }
        return checkup.findings.all(_ -> true);
    }

    // The way there

    private boolean reach(S3Config config, S3Probe probe) {
        try {
            Reached reached = probe.reach();
            findings.ok(Check.ADDRESS, reached.host() + " answers" + at(reached.host()));
            if (config.endpoint().map(URI::getScheme).orElse("https").equals("https")) {
                findings.ok(Check.TLS, "the certificate is trusted");
            } else {
                findings.note(Check.TLS, "none: requests are signed, but what is sent can be read on the way");
            }
            reached.clockAhead()
                    .ifPresentOrElse(this::clock, () -> findings.note(Check.CLOCK, "the store does not tell its time"));
            return true;
        } catch (StoreException e) {
            if (e.kind() == Kind.TLS) {
                findings.ok(Check.ADDRESS, "connections are taken");
            }
            fail(e.kind() == Kind.TLS ? Check.TLS : Check.ADDRESS, e);
            return false;
        }
    }

    /** The number, where that says more than the name; behind an HTTP proxy nobody needs to know it here. */
    private static String at(String authority) {
        String host = authority.replaceFirst(":[0-9]+$", "");
        try {
            String address = InetAddress.getByName(host).getHostAddress();
            return address.equals(host) ? "" : " at " + address;
        } catch (UnknownHostException _) {
            return "";
        }
    }

    private void clock(Duration ahead) {
        Duration difference = ahead.abs();
        String text = difference.toSeconds() <= 1
                ? "the store's and ours agree within 1 s"
                : "the store's is %s %s ours"
                        .formatted(inWords(difference), ahead.isNegative() ? "behind" : "ahead of");
        if (difference.compareTo(SMALL_SKEW) <= 0) {
            findings.ok(Check.CLOCK, text);
            return;
        }
        Instant ours = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        String which =
                "ours says %s, the store's %s: the one that is wrong lacks a time service, and more often it is ours"
                        .formatted(ours, ours.plus(ahead));
        if (difference.compareTo(ACCEPTED_SKEW) <= 0) {
            findings.note(Check.CLOCK, text + "; stores refuse more than 15 minutes", which);
        } else {
            findings.fail(Check.CLOCK, text + ", and stores refuse more than 15 minutes", List.of(which));
        }
    }

    private static String inWords(Duration duration) {
        return duration.toSeconds() < 120 ? duration.toSeconds() + " s" : duration.toMinutes() + " minutes";
    }

    /** {@return whether it is worth going on; a key that may not list buckets is told of by what follows} */
    private boolean credentials(S3Probe probe) {
        try {
            int buckets = probe.buckets().size();
            findings.ok(
                    Check.CREDENTIALS,
                    "the store knows our key, which sees %d %s"
                            .formatted(buckets, buckets == 1 ? "bucket" : "buckets"));
            return true;
        } catch (StoreException e) {
            boolean useless = (e.kind() == Kind.REFUSED && !isDenied(e)) || e.kind() == Kind.NO_CREDENTIALS;
            if (useless) {
                fail(Check.CREDENTIALS, e);
            }
            return !useless;
        }
    }

    /** The store knows who asks, or does not say, and does not allow this. */
    private static boolean isDenied(StoreException e) {
        return e.details().answered().flatMap(Answered::code).equals(Optional.of("AccessDenied"));
    }

    // The bucket

    private Optional<List<RegistryObject>> listBucket(S3Config config, S3Probe probe) {
        try {
            List<RegistryObject> objects = registry.list("");
            if (!findings.has(Check.CREDENTIALS)) {
                findings.ok(Check.CREDENTIALS, "the store takes our key, which may not list buckets and need not");
            }
            region(probe);
            addressing(probe);
            findings.ok(Check.BUCKET, "there is a bucket " + config.location().bucket());
            listed(objects);
            return Optional.of(objects);
        } catch (StoreException e) {
            Check failed = check(e);
            if (failed.compareTo(Check.BUCKET) >= 0 && findings.has(Check.CREDENTIALS)) {
                region(probe);
            }
            if (failed.compareTo(Check.BUCKET) >= 0) {
                addressing(probe);
            }
            if (isDenied(e)) {
                String shrug = "the store does not say, as the key may not look";
                findings.note(Check.BUCKET, shrug);
                if (!findings.has(Check.CREDENTIALS)) {
                    findings.note(Check.CREDENTIALS, shrug);
                }
            }
            fail(failed, e);
        } catch (RegistryException e) {
            findings.fail(Check.LIST, e.getMessage(), List.of());
        }
        return Optional.empty();
    }

    private void region(S3Probe probe) {
        findings.ok(Check.REGION, "the store takes signatures for " + probe.region());
    }

    private void addressing(S3Probe probe) {
        findings.ok(
                Check.ADDRESSING,
                "the bucket is in the %s of the URL".formatted(probe.usesPathStyle() ? "path" : "host name"));
    }

    /** The check that a failed listing belongs to. */
    private static Check check(StoreException failure) {
        if (failure.details().addressing() != Addressing.NOTHING) {
            return Check.ADDRESSING;
        }
        return switch (failure.kind()) {
            case REFUSED -> isDenied(failure) ? Check.LIST : Check.CREDENTIALS;
            case NO_CREDENTIALS -> Check.CREDENTIALS;
            case NO_SUCH_BUCKET -> Check.BUCKET;
            case WRONG_REGION -> Check.REGION;
            case UNKNOWN_HOST, CONNECTION_REFUSED, TIMEOUT, NOT_S3 -> Check.ADDRESS;
            case TLS -> Check.TLS;
            case CLOCK_SKEW -> Check.CLOCK;
            case SLOW_DOWN, OTHER -> Check.LIST;
        };
    }

    // What is in it

    private Optional<List<RegistryObject>> listDirectory() {
        try {
            List<RegistryObject> objects = registry.list("");
            listed(objects);
            return Optional.of(objects);
        } catch (RegistryException e) {
            findings.fail(Check.LIST, e.getMessage(), List.of("this user must be able to read the directory"));
            return Optional.empty();
        }
    }

    private void listed(List<RegistryObject> objects) {
        findings.ok(
                Check.LIST,
                switch (objects.size()) {
                    case 0 -> "there are no objects yet";
                    case 1 -> "1 object";
                    default -> "%,d objects".formatted(objects.size());
                });
    }

    private void objects(List<RegistryObject> objects, Optional<S3Probe> probe) {
        Predicate<RegistryObject> ours = object -> object.key().startsWith(WriteCheckup.PROBE);
        Optional<RegistryObject> smallest = objects.stream()
                .filter(object -> object.sizeBytes() > 0 && !ours.test(object))
                .min(Comparator.comparingLong(RegistryObject::sizeBytes));
        List<String> forgotten = objects.stream()
                .filter(ours)
                .filter(object -> object.modifiedAt().isBefore(clock.instant().minus(FORGOTTEN)))
                .map(RegistryObject::key)
                .toList();
        try (WriteCheckup writes = new WriteCheckup(registry, findings, forgotten)) {
            Optional<RegistryObject> written = writes.write();
            smallest.or(() -> written)
                    .ifPresentOrElse(object -> read(object, probe), () -> nothingToRead(probe.isPresent()));
            written.ifPresent(_ -> writes.conditions());
        }
    }

    private void nothingToRead(boolean bucket) {
        for (Check check : List.of(Check.READ, Check.GET_IF_NONE_MATCH, Check.GET_IF_MATCH, Check.GET_RANGE)) {
            if (bucket || check.isOfDirectories()) {
                findings.skip(check, "there is nothing to read yet");
            }
        }
    }

    private void read(RegistryObject object, Optional<S3Probe> probe) {
        try (InputStream in = registry.open(object.key())) {
            in.readNBytes(1);
            findings.ok(Check.READ, object.key());
            probe.ifPresent(store -> conditions(store, object));
        } catch (RegistryException | IOException e) {
            String advice = probe.isPresent()
                    ? "the key needs s3:GetObject on every object here"
                    : "this user must be able to read it";
            findings.fail(Check.READ, String.valueOf(e.getMessage()), List.of(advice));
        }
    }

    private void conditions(S3Probe store, RegistryObject object) {
        ask(
                Check.GET_IF_NONE_MATCH,
                () -> store.saysUnchanged(object),
                "what is unchanged is answered by 304",
                "what is unchanged is sent again: each poll costs the bytes of .serin/generation");
        ask(
                Check.GET_IF_MATCH,
                () -> store.refusesAnotherTag(object),
                "another version than the expected one is answered by 412",
                "another version than the expected one is sent: a model that is overwritten while it is fetched shows"
                        + " only by its digest");
        ask(
                Check.GET_RANGE,
                () -> store.sendsRanges(object),
                "a part of an object is answered by 206",
                "a part of an object cannot be had: models over 64 MiB cannot be fetched from there");
    }

    private interface Question {
        boolean isHonoured();
    }

    private void ask(Check check, Question question, String yes, String no) {
        try {
            if (question.isHonoured()) {
                findings.honoured(check, yes);
            } else {
                findings.ignored(check, "not honoured: " + no, "docs/registry.md says what each store honours");
            }
        } catch (RegistryException e) {
            findings.ignored(check, "not honoured: " + e.getMessage(), no);
        }
    }

    private void fail(Check check, StoreException e) {
        RegistryTrouble trouble = RegistryTrouble.of(e);
        findings.fail(check, trouble.headline(), trouble.linesOfDoctor());
    }
}
