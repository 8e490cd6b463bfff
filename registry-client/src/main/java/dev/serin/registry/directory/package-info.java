/** A registry in a directory of the local file system. */
@NullMarked
package dev.serin.registry.directory;

import org.jspecify.annotations.NullMarked;
