package io.copyhold.runtime;

<<<<<<< HEAD
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

  public Problem problem() {
    return problem;
=======
/**
 * Trouble that a person can do something about, raised where no sealed result can carry it: at
 * start-up and in adapters to the outside world. It says what is wrong and where ({@link #what()})
 * and what to do ({@link #remedy()}); neither ever holds a secret.
 */
public final class ProblemException extends RuntimeException {
  private final String code;
  private final String what;
  private final String remedy;

  /**
   * @param code stable kebab-case name, such as {@code directory-in-use}
   * @param what what is wrong and where, one sentence
   * @param remedy what the reader can do about it, one sentence
   */
  public ProblemException(String code, String what, String remedy) {
    super(what + " " + remedy);
    this.code = code;
    this.what = what;
    this.remedy = remedy;
  }

  /** As the other constructor, keeping what caused it for the log. */
  public ProblemException(String code, String what, String remedy, Throwable cause) {
    this(code, what, remedy);
    initCause(cause);
  }

  public String code() {
    return code;
  }

  public String what() {
    return what;
  }

  public String remedy() {
    return remedy;
>>>>>>> pg
  }
}
