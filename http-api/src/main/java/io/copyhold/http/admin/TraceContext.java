package io.copyhold.http.admin;

import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The W3C trace context of a request: the caller's, or a new one. */
record TraceContext(String traceparent, String traceId) {
  private static final Pattern FORM =
      Pattern.compile("[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

  static TraceContext of(@Nullable String header, RandomGenerator random) {
    return parse(header).orElseGet(() -> begin(random));
  }

  private static Optional<TraceContext> parse(@Nullable String header) {
    if (header == null) {
      return Optional.empty();
    }
    Matcher matcher = FORM.matcher(header.strip());
    return matcher.matches() && !header.strip().startsWith("ff")
        ? Optional.of(new TraceContext(header.strip(), matcher.group(1)))
        : Optional.empty();
  }

  private static TraceContext begin(RandomGenerator random) {
    HexFormat hex = HexFormat.of();
    String id = hex.toHexDigits(random.nextLong() | 1L) + hex.toHexDigits(random.nextLong());
    String parent = hex.toHexDigits(random.nextLong() | 1L);
    return new TraceContext("00-" + id + "-" + parent + "-01", id);
  }
}
