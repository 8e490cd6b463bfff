/**
 * A registry in a bucket. The only package that knows the AWS SDK; none of its types and none of its exceptions leave.
 */
@NullMarked
package dev.serin.registry.s3;

import org.jspecify.annotations.NullMarked;
