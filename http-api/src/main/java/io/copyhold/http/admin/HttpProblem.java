package io.copyhold.http.admin;

import io.copyhold.runtime.Problem;
import java.util.Map;

/** A problem that only HTTP knows, with its status and the headers that go with it. */
final class HttpProblem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient Problem problem;
  private final transient Map<String, String> headers;

  HttpProblem(int status, Problem problem, Map<String, String> headers) {
    super(problem.toString());
    this.status = status;
    this.problem = problem;
    this.headers = headers;
  }

  Answer answer() {
    Answer answer = Problems.answer(status, problem);
    for (var header : headers.entrySet()) {
      answer = answer.with(header.getKey(), header.getValue());
    }
    return answer;
  }
}
