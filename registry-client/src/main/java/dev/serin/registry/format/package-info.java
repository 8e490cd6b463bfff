/** The JSON files of a registry, read under limits and written: manifests, policies, publishing marks, generations. */
@NullMarked
package dev.serin.registry.format;

import org.jspecify.annotations.NullMarked;
