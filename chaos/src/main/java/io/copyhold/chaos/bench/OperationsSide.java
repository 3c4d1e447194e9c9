package io.copyhold.chaos.bench;

/** One of those that are compared: does one durable piece of work after another, in any thread. */
interface OperationsSide extends AutoCloseable {
  /**
   * Returns when the work is durably done.
   *
   * @param id unlike all others
   */
  void run(String id) throws Exception;

  @Override
  void close() throws Exception;
}
