package io.copyhold.tenants.document.lint;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;

/** Types that will be regretted. */
final class TypeRules {
  private TypeRules() {}

  /**
   * @param type the type, with anything after it
   */
  static Set<Rule> of(String type) {
    String words = type.toUpperCase(Locale.ROOT);
    Set<Rule> rules = new LinkedHashSet<>();
    if (words.matches("(CHAR|CHARACTER|BPCHAR)\\b(?! ?VARYING).*")) {
      rules.add(Rule.TYPE_CHAR);
    }
    if (words.matches("TIMESTAMP\\b(?! ?(\\( ?[0-9] ?\\) ?)?WITH TIME ZONE).*")) {
      rules.add(Rule.TYPE_TIMESTAMP);
    }
    if (words.matches("JSON\\b.*")) {
      rules.add(Rule.TYPE_JSON);
    }
    if (words.matches("MONEY\\b.*")) {
      rules.add(Rule.TYPE_MONEY);
    }
    return rules;
  }
}
