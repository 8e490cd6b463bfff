package dev.serin.registry.format;

import dev.serin.registry.ArtifactPath;
import dev.serin.registry.ModelName;
import dev.serin.registry.VersionId;

/** Where things lie in a registry. */
public final class Layout {
    /** Lists a version's files; its presence publishes the version. */
    public static final String MANIFEST = "manifest.json";

    /** Says who signed the manifest; lies beside it. */
    public static final String SIGNATURE = "manifest.json.sig";

    /** Marks a version whose publisher is still at work. */
    public static final String PUBLISHING = ".publishing";

    /** The operator's word on a model, beside its versions. */
    public static final String POLICY = "model.json";

    /** Changes with every change that our tools make. */
    public static final String GENERATION = ".serin/generation";

    private Layout() {}

    /** {@return the prefix of all that belongs to a model} */
    public static String folder(ModelName model) {
        return model + "/";
    }

    /** {@return the prefix of all that belongs to a version} */
    public static String folder(VersionId id) {
        return id + "/";
    }

    /** {@return the key of an artifact} */
    public static String artifact(VersionId id, ArtifactPath path) {
        return folder(id) + path;
    }

    /** {@return the key of a version's manifest} */
    public static String manifest(VersionId id) {
        return folder(id) + MANIFEST;
    }

    /** {@return the key of the signature of a version's manifest} */
    public static String signature(VersionId id) {
        return folder(id) + SIGNATURE;
    }

    /** {@return the key of a version's publishing mark} */
    public static String publishing(VersionId id) {
        return folder(id) + PUBLISHING;
    }

    /** {@return the key of a model's policy} */
    public static String policy(ModelName model) {
        return folder(model) + POLICY;
    }
}
