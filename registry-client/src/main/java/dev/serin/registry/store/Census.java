package dev.serin.registry.store;

import dev.serin.registry.ArtifactPath;
import dev.serin.registry.Registry.RegistryObject;
import dev.serin.registry.format.Layout;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Which models and versions a listing of a whole registry shows, and whether another one may be believed that shows fewer.
 * Immutable.
 *
 * @param versions as {@code model/version}
 */
record Census(Set<String> models, Set<String> versions) {
    /** Of so few, an operator may well delete most at once. */
    private static final int FEW_MODELS = 2;

    private static final int FEW_VERSIONS = 3;

    static Census of(Collection<RegistryObject> listing) {
        Set<String> models = new HashSet<>();
        Set<String> versions = new HashSet<>();
        for (RegistryObject object : listing) {
            String key = object.key();
            int model = key.indexOf('/');
            int version = key.indexOf('/', model + 1);
            if (model <= 0 || key.startsWith(".")) {
                continue;
            }
            String name = key.substring(version + 1); // all of the key when there is no second slash
            if (version > 0 && (name.equals(Layout.MANIFEST) || name.equals(ArtifactPath.MODEL.value()))) {
                models.add(key.substring(0, model));
                versions.add(key.substring(0, version));
            } else if (version < 0 && key.substring(model + 1).equals(Layout.POLICY)) {
                models.add(key.substring(0, model));
            }
        }
        return new Census(models, versions);
    }

    /** {@return what this one has and the other one has not} */
    Census without(Census other) {
        Set<String> goneModels = new HashSet<>(models);
        goneModels.removeAll(other.models);
        Set<String> goneVersions = new HashSet<>(versions);
        goneVersions.removeAll(other.versions);
        return new Census(goneModels, goneVersions);
    }

    /**
     * {@return whether another listing is to be doubted by who knew this one} It is when it shows no model at all, or when
     * more than half of the models or versions are gone at once, and there were more than a few. A store that loses its
     * index, a bucket that is another one after a restore and a disk that is not mounted look like that, and an operator's
     * cleanup hardly ever does; if it does, it costs him a minute.
     */
    boolean doubts(Census other) {
        Census gone = without(other);
        return other.isEmptyWhere(this)
                || isMost(gone.models.size(), models.size(), FEW_MODELS)
                || isMost(gone.versions.size(), versions.size(), FEW_VERSIONS);
    }

    /** {@return whether this shows no model at all, and the one before did} */
    boolean isEmptyWhere(Census before) {
        return models.isEmpty() && !before.models.isEmpty();
    }

    private static boolean isMost(int gone, int known, int few) {
        return known > few && 2 * gone > known;
    }

    /** {@return in words, what a listing shows of these when it lacks those} */
    String shown(Census gone) {
        return "the listing shows %d of %d models and %d of %d versions that were there before"
                .formatted(
                        models.size() - gone.models.size(),
                        models.size(),
                        versions.size() - gone.versions.size(),
                        versions.size());
    }
}
