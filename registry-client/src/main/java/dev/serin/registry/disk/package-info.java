/** What the directory registry and the local store have in common on disk. For the packages of this library only. */
@NullMarked
package dev.serin.registry.disk;

import org.jspecify.annotations.NullMarked;
