package dev.serin.registry.watch;

import dev.serin.registry.ArtifactPath;
import dev.serin.registry.ModelName;
import dev.serin.registry.ModelVersion;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.VersionId;
import dev.serin.registry.format.Layout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The objects of one model, sorted into its policy and its version folders. Files beside the versions, and folders that
 * show no sign of being a version, are nobody's business.
 *
 * @param versions the objects of every folder that is, or wants to be, a version
 */
record ModelFolder(ModelName model, Optional<RegistryObject> policy, Map<ModelVersion, List<RegistryObject>> versions) {
    static ModelFolder of(ModelName model, List<RegistryObject> objects, Ignored ignored) {
        String prefix = Layout.folder(model);
        Map<String, List<RegistryObject>> folders = new LinkedHashMap<>();
        Optional<RegistryObject> policy = Optional.empty();
        for (RegistryObject object : objects) {
            String path = object.key().substring(prefix.length());
            int slash = path.indexOf('/');
            if (slash >= 0) {
                folders.computeIfAbsent(path.substring(0, slash), _ -> new ArrayList<>())
                        .add(object);
            } else if (path.equals(Layout.POLICY)) {
                policy = Optional.of(object);
            }
        }
        Map<ModelVersion, List<RegistryObject>> versions = new LinkedHashMap<>();
        folders.forEach((name, files) -> {
            if (!name.startsWith(".") && isVersion(prefix + name + "/", files)) {
                parse(model, name, ignored).ifPresent(version -> versions.put(version, List.copyOf(files)));
            }
        });
        return new ModelFolder(model, policy, versions);
    }

    /** {@return the objects of each folder that has the name of a model} */
    static SortedMap<ModelName, List<RegistryObject>> byModel(List<RegistryObject> objects, Ignored ignored) {
        Map<String, List<RegistryObject>> folders = objects.stream()
                .filter(object -> object.key().contains("/") && !object.key().startsWith("."))
                .collect(Collectors.groupingBy(
                        object -> object.key().substring(0, object.key().indexOf('/')),
                        LinkedHashMap::new,
                        Collectors.toList()));
        SortedMap<ModelName, List<RegistryObject>> models = new TreeMap<>();
        folders.forEach((name, files) -> {
            try {
                models.put(new ModelName(name), files);
            } catch (IllegalArgumentException e) {
                if (holdsVersions(name + "/", files)) {
                    ignored.add("A folder is ignored: " + e.getMessage());
                }
            }
        });
        return models;
    }

    /** {@return the model that a folder of this name is of} */
    static Optional<ModelName> name(String folder) {
        try {
            return Optional.of(new ModelName(folder));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** {@return what publishes versions in the folders of these models, for all that have a manifest} */
    static Map<VersionId, ManifestCache.Listed> manifests(Map<ModelName, List<RegistryObject>> folders) {
        Ignored reportedLater = new Ignored();
        Map<VersionId, ManifestCache.Listed> manifests = new LinkedHashMap<>();
        folders.forEach((model, objects) -> {
            Map<String, RegistryObject> signatures = new HashMap<>();
            for (RegistryObject object : objects) {
                if (object.key().endsWith("/" + Layout.SIGNATURE)) {
                    signatures.put(object.key(), object);
                }
            }
            for (RegistryObject object : objects) {
                String[] path = object.key().split("/", -1);
                if (path.length == 3 && path[2].equals(Layout.MANIFEST)) {
                    parse(model, path[1], reportedLater)
                            .map(version -> new VersionId(model, version))
                            .ifPresent(id -> manifests.put(
                                    id,
                                    new ManifestCache.Listed(
                                            Optional.of(object),
                                            Optional.ofNullable(signatures.get(Layout.signature(id))))));
                }
            }
        });
        return manifests;
    }

    VersionId id(ModelVersion version) {
        return new VersionId(model, version);
    }

    /** {@return whether somebody meant a folder in this one to be a version} */
    static boolean holdsVersions(String prefix, List<RegistryObject> files) {
        return files.stream()
                .map(file -> file.key().substring(prefix.length()))
                .anyMatch(path -> isSign(path.substring(path.indexOf('/') + 1)));
    }

    private static boolean isVersion(String prefix, List<RegistryObject> files) {
        return files.stream().map(file -> file.key().substring(prefix.length())).anyMatch(ModelFolder::isSign);
    }

    private static boolean isSign(String name) {
        return name.equals(ArtifactPath.MODEL.value())
                || name.equals(Layout.MANIFEST)
                || name.equals(Layout.PUBLISHING);
    }

    private static Optional<ModelVersion> parse(ModelName model, String name, Ignored ignored) {
        try {
            return Optional.of(new ModelVersion(name));
        } catch (IllegalArgumentException e) {
            ignored.add("A version of %s is ignored: %s".formatted(model, e.getMessage()));
            return Optional.empty();
        }
    }
}
