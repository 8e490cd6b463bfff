/** Signatures of manifests: the keys that a gateway trusts, and the key that a publisher signs with. */
@NullMarked
package dev.serin.registry.signing;

import org.jspecify.annotations.NullMarked;
