/** The serin command: what people type, and what they read then. The only package that knows picocli. */
@NullMarked
package dev.serin.cli;

import org.jspecify.annotations.NullMarked;
