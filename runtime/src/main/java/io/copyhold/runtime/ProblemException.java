package io.copyhold.runtime;

/** Carries a {@link Problem} through code that cannot return one, such as a JDBC call inside a step. */
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

  /** Trouble with the machine or a server: it may go when the reader does what {@code todo} says. */
  public ProblemException(String code, String what, String todo) {
    this(Problem.unavailable(code, what).todo(todo));
  }

  public ProblemException(String code, String what, String todo, Throwable cause) {
    this(Problem.unavailable(code, what).todo(todo), cause);
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
