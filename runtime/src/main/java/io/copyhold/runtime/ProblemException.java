package io.copyhold.runtime;

import org.jspecify.annotations.Nullable;

/**
 * Carries a {@link Problem} where no sealed result can: at start-up, and in adapters to the outside
 * world, such as a JDBC call inside a step. It never holds a secret.
 */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  public ProblemException(Problem problem) {
    super(problem.toString());
    this.problem = problem;
  }

  public ProblemException(Problem problem, Throwable cause) {
    super(problem.toString(), cause);
    this.problem = problem;
  }

  /**
   * A state of the world that does not allow it.
   *
   * @param code stable kebab-case name, such as {@code directory-in-use}
   * @param what what is wrong and where, one sentence
   * @param remedy what the reader can do about it, one sentence
   */
  public ProblemException(String code, String what, String remedy) {
    this(Problem.conflict(code, what).todo(remedy));
  }

  /** As the other constructor, keeping what caused it for the log. */
  public ProblemException(String code, String what, String remedy, Throwable cause) {
    this(Problem.conflict(code, what).todo(remedy), cause);
  }

  public Problem problem() {
    return problem;
  }

  public String code() {
    return problem.code();
  }

  public String what() {
    return problem.what();
  }

  public @Nullable String remedy() {
    return problem.todo();
  }
}
