/** The joint of registry and inference: verified files → walk → session → warmup → goldens = servable. */
@NullMarked
package dev.serin.serving;

import org.jspecify.annotations.NullMarked;
