/** What breaks between a registry and its store: a network that misbehaves, a store that answers wrongly. */
@NullMarked
package dev.serin.registry.fault;

import org.jspecify.annotations.NullMarked;
