/** The one error surface: every failure that a caller can meet has a code here, and each protocol one switch over them. */
@NullMarked
package dev.serin.gateway.error;

import org.jspecify.annotations.NullMarked;
