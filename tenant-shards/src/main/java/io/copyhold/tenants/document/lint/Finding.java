package io.copyhold.tenants.document.lint;

/**
 * A place where a rule applies.
 *
 * @param where {@code statement 2}, or {@code operation 0 (sql): up: statement 2}
 * @param what the object or the beginning of the statement, at most {@value #WHAT_CHARS_MAX}
 *     characters
 */
public record Finding(Rule rule, String where, String what) {
  public static final int WHAT_CHARS_MAX = 80;

  public Finding {
    what = what.length() > WHAT_CHARS_MAX ? what.substring(0, WHAT_CHARS_MAX - 1) + "…" : what;
  }

  Finding in(String place) {
    return new Finding(rule, place + where, what);
  }

  @Override
  public String toString() {
    return rule.id() + ": " + where + ": " + what + ": " + rule.why() + "; " + rule.instead();
  }
}
