/**
 * Child processes of this JVM: started from a thread that outlives them all, ended with their
 * parent, their output kept in files of limited size. An adapter to the operating system; nothing
 * in here knows what the children do.
 */
@NullMarked
package io.copyhold.runtime.process;

import org.jspecify.annotations.NullMarked;
