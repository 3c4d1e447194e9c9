/** The nemesis is shown to do what its plan says, on processes of the test's own. */
@NullMarked
package io.copyhold.chaos.nemesis;

import org.jspecify.annotations.NullMarked;
