package io.copyhold.chaos.architecture.planted.runtime.adapter;

/** An adapter by its package. */
record InAdapterPackage() {
  static long nanos() {
    return System.nanoTime();
  }
}
