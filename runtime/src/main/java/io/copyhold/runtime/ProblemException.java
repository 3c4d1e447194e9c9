package io.copyhold.runtime;

/**
 * Carries a {@link Problem} through code that cannot return one, such as a JDBC call inside a step.
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

  /** Trouble of this machine: an adapter cannot work until somebody does {@code todo}. */
  public ProblemException(String code, String what, String todo) {
    this(Problem.of(Problem.Kind.FAULT, code, what).todo(todo));
  }

  /** As the other constructor, keeping what caused it for the log. */
  public ProblemException(String code, String what, String todo, Throwable cause) {
    this(Problem.of(Problem.Kind.FAULT, code, what).todo(todo), cause);
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
}
