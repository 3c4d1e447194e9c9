package io.copyhold.http.cli;

/** What a command ends with; documented in {@code copyhold --help}. */
final class ExitStatus {
  static final int OK = 0;

  /** The answer was no: something must be changed. */
  static final int REFUSED = 1;

  /** The command line itself is wrong. */
  static final int USAGE = 2;

  /** No node was reached, or it said "not now" until patience ended. */
  static final int NOT_NOW = 3;

  /** The operation that was watched did not end well. */
  static final int FAILED = 4;

  private ExitStatus() {}
}
