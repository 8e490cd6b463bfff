/** The local store: verified copies of versions, kept by version digest. */
@NullMarked
package dev.serin.registry.store;

import org.jspecify.annotations.NullMarked;
