/** What this gateway knows of every model and version. Written by {@code sessions}, read by all, waited for by nobody. */
@NullMarked
package dev.serin.gateway.catalog;

import org.jspecify.annotations.NullMarked;
