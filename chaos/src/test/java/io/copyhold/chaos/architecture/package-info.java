/**
 * The rules of the house as tests, over every module's classes. Below {@code planted} stands a
 * small house that breaks each of them, so that a rule which never bites is noticed.
 */
@NullMarked
package io.copyhold.chaos.architecture;

import org.jspecify.annotations.NullMarked;
