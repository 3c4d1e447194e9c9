package io.copyhold.http.admin;

import io.copyhold.runtime.Problem;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/**
 * Answers what is no HTTP request, or one with a head over the limits, with a problem. Named in the
 * settings.
 */
public final class UnreadableRequests extends ParsingErrorHandler {
  /** By Pekko, by name. */
  public UnreadableRequests() {}

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
    log.debug("unreadable request: {}", error.summary());
    return Rendering.refusal(
        status.intValue(),
        Problem.of(Problem.Kind.MALFORMED, "request-unreadable", error.summary()),
        "00000000000000000000000000000001");
  }
}
