package dev.serin;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The plan of ARCHITECTURE.md, held. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.serin");

    /** Which package may look at which others of ours: what is not here is forbidden. */
    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            Map.entry("registry", Set.of("registry.format")),
            Map.entry("registry.format", Set.of("registry")),
            Map.entry("registry.disk", Set.of("registry")),
            Map.entry("registry.directory", Set.of("registry", "registry.disk")),
            Map.entry("registry.s3", Set.of("registry")),
            Map.entry("registry.policy", Set.of("registry", "registry.format")),
            Map.entry("registry.signing", Set.of("registry", "registry.format")),
            Map.entry("registry.watch", Set.of("registry", "registry.format", "registry.signing")),
            Map.entry("registry.store", Set.of("registry", "registry.disk", "registry.format")),
            Map.entry("inference", Set.of()),
            Map.entry("inference.onnx", Set.of("inference")),
            Map.entry("inference.modelfile", Set.of("inference")),
            Map.entry("inference.batch", Set.of("inference")),
            Map.entry("inference.json", Set.of("inference")),
            Map.entry(
                    "serving",
                    Set.of(
                            "inference",
                            "inference.batch",
                            "inference.onnx",
                            "inference.modelfile",
                            "inference.json",
                            "registry",
                            "registry.store")),
            Map.entry("gateway.config", Set.of()),
            Map.entry("gateway.error", Set.of("inference")),
            Map.entry("gateway.catalog", Set.of("inference", "registry", "serving")),
            Map.entry("gateway.routing", Set.of("gateway.catalog", "gateway.error", "inference", "registry")),
            Map.entry(
                    "gateway.rollout",
                    Set.of(
                            "gateway.catalog",
                            "gateway.error",
                            "gateway.predict",
                            "gateway.routing",
                            "gateway.shadow",
                            "registry",
                            "registry.policy")),
            Map.entry("gateway.scheduling", Set.of("gateway.config", "gateway.error", "inference")),
            Map.entry(
                    "gateway.sessions",
                    Set.of(
                            "gateway.catalog",
                            "gateway.config",
                            "gateway.error",
                            "inference",
                            "registry",
                            "registry.store",
                            "registry.watch",
                            "serving")),
            Map.entry(
                    "gateway.predict",
                    Set.of(
                            "gateway.catalog",
                            "gateway.config",
                            "gateway.error",
                            "gateway.routing",
                            "gateway.scheduling",
                            "gateway.sessions",
                            "inference",
                            "inference.batch",
                            "registry",
                            "serving")),
            Map.entry(
                    "gateway.shadow",
                    Set.of(
                            "gateway.catalog",
                            "gateway.config",
                            "gateway.predict",
                            "gateway.sessions",
                            "inference",
                            "registry",
                            "serving")),
            Map.entry(
                    "gateway.http",
                    Set.of(
                            "gateway.catalog",
                            "gateway.config",
                            "gateway.error",
                            "gateway.predict",
                            "gateway.rollout",
                            "gateway.routing",
                            "gateway.shadow",
                            "inference",
                            "inference.json",
                            "registry",
                            "registry.format",
                            "registry.policy",
                            "serving")),
            Map.entry(
                    "gateway.observe",
                    Set.of(
                            "gateway.catalog",
                            "gateway.config",
                            "gateway.error",
                            "gateway.predict",
                            "gateway.rollout",
                            "gateway.routing",
                            "gateway.sessions",
                            "gateway.shadow",
                            "registry",
                            "registry.store",
                            "serving")));

    /** The one package that may know each foreign library. */
    private static final Map<String, String> SOLE_IMPORTERS = Map.of(
            "com.github.benmanes.caffeine..", "dev.serin.gateway.sessions",
            "java.lang.foreign..", "dev.serin.inference.onnx",
            "org.apache.commons.numbers..", "dev.serin.gateway.rollout",
            "org.snakeyaml..", "dev.serin.gateway.config",
            "picocli..", "dev.serin.cli",
            "software.amazon.awssdk..", "dev.serin.registry.s3",
            "sun.misc..", "dev.serin.gateway");

    @Test
    void theRulesSawTheWholeHouse() {
        Set<String> packages = CLASSES.stream()
                .map(JavaClass::getPackageName)
                .map(ArchitectureTest::room)
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(CLASSES.size()).isGreaterThan(200);
        assertThat(packages).containsAll(ARROWS.keySet()).contains("gateway", "cli");
    }

    @Test
    void arrowsGoDownOnly() {
        Map<String, Set<String>> drawn = new TreeMap<>();
        for (JavaClass origin : CLASSES) {
            String from = room(origin.getPackageName());
            origin.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getPackageName())
                    .filter(name -> name.startsWith("dev.serin."))
                    .map(ArchitectureTest::room)
                    .filter(to -> !to.equals(from))
                    .forEach(to ->
                            drawn.computeIfAbsent(from, _ -> new TreeSet<>()).add(to));
        }
        drawn.keySet().removeAll(Set.of("gateway", "cli")); // the object graph and the command know everything
        drawn.replaceAll((from, to) -> {
            Set<String> forbidden = new TreeSet<>(to);
            forbidden.removeAll(ARROWS.getOrDefault(from, Set.of()));
            return forbidden;
        });
        drawn.values().removeIf(Set::isEmpty);

        assertThat(drawn).as("arrows that the plan does not have").isEmpty();
    }

    @Test
    void nobodyKnowsTheObjectGraphButTheCommand() {
        check(noClasses()
                .that()
                .resideInAPackage("dev.serin..")
                .and()
                .resideOutsideOfPackages("dev.serin.gateway", "dev.serin.cli")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.serin.gateway"));
    }

    @Test
    void everyForeignLibraryHasOneImporter() {
        SOLE_IMPORTERS.forEach((library, importer) -> check(noClasses()
                .that()
                .resideOutsideOfPackage(importer)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)));
    }

    @Test
    void nothingFromPredictDownKnowsHelidon() {
        check(noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.serin.gateway.predict",
                        "dev.serin.gateway.routing",
                        "dev.serin.gateway.scheduling",
                        "dev.serin.gateway.sessions",
                        "dev.serin.gateway.catalog",
                        "dev.serin.gateway.error",
                        "dev.serin.serving..",
                        "dev.serin.inference..",
                        "dev.serin.registry..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.helidon.."));
    }

    @Test
    void modulesHaveNoCycles() {
        check(slices().matching("dev.serin.(*)..").should().beFreeOfCycles());
    }

    @Test
    void everyPackageIsNullMarked() {
        Set<String> unmarked = CLASSES.stream()
                .filter(type -> !type.getPackage().isAnnotatedWith("org.jspecify.annotations.NullMarked"))
                .map(JavaClass::getPackageName)
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(unmarked).isEmpty();
    }

    @Test
    void nobodySleeps() {
        check(noClasses().should().callMethodWhere(callsSleep()));
    }

    private static DescribedPredicate<JavaMethodCall> callsSleep() {
        return DescribedPredicate.describe(
                "Thread.sleep",
                call -> call.getTargetOwner().isEquivalentTo(Thread.class)
                        && call.getName().equals("sleep"));
    }

    private static String room(String packageName) {
        return packageName.substring("dev.serin.".length());
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(false).check(CLASSES);
    }
}
