package io.copyhold.tenants.tenant;

import io.copyhold.runtime.Problem;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.IllformedLocaleException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What can be set for a tenant: a few typed keys with defaults, and any key that begins with {@code
 * x-}. At most {@value #KEYS_MAX} keys, a value of at most {@value #VALUE_CHARS_MAX} characters,
 * all together at most {@value #CHARS_MAX}. None holds personal data or a secret.
 */
public enum Settings {
  TIMEZONE("timezone", "UTC", "the name of a time zone, such as Europe/Berlin") {
    @Override
    boolean fits(String value) {
      try {
        ZoneId.of(value);
        return true;
      } catch (DateTimeException e) {
        return false;
      }
    }
  },
  LOCALE("locale", "en", "a language tag, such as de-AT") {
    @Override
    boolean fits(String value) {
      try {
        return !new Locale.Builder().setLanguageTag(value).build().getLanguage().isEmpty();
      } catch (IllformedLocaleException e) {
        return false;
      }
    }
  },
  RETENTION_DAYS("retention-days", "365", "a number from 1 to 36500") {
    @Override
    boolean fits(String value) {
      return number(value, 1, 36_500);
    }
  },
  MAX_CONNECTIONS("max-connections", "20", "a number from 1 to 10000") {
    @Override
    boolean fits(String value) {
      return number(value, 1, 10_000);
    }
  },
  CONTACT_DOMAIN("contact-domain", "", "a domain, such as acme.example") {
    @Override
    boolean fits(String value) {
      return value.isEmpty()
          || value.length() <= 253
              && value.matches(
                  "([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])");
    }
  };

  public static final int KEYS_MAX = 64;
  public static final int VALUE_CHARS_MAX = 1_024;
  public static final int CHARS_MAX = 8 * 1_024;

  private static final Pattern CUSTOM = Pattern.compile("x-[a-z0-9][a-z0-9.-]{0,60}");

  private final String key;
  private final String fallback;
  private final String form;

  Settings(String key, String fallback, String form) {
    this.key = key;
    this.fallback = fallback;
    this.form = form;
  }

  abstract boolean fits(String value);

  public String key() {
    return key;
  }

  /** What holds where nothing is set. */
  public String fallback() {
    return fallback;
  }

  /** The first thing wrong with what is to be set, or empty. */
  static Optional<Problem> check(Map<String, String> settings) {
    if (settings.size() > KEYS_MAX) {
      return wrong(
          "settings",
          "settings-many",
          settings.size() + " settings, at most " + KEYS_MAX + " are kept",
          "drop some");
    }
    int chars = 0;
    for (Map.Entry<String, String> entry : new TreeMap<>(settings).entrySet()) {
      String where = "settings." + entry.getKey();
      String value = entry.getValue();
      if (value == null || value.length() > VALUE_CHARS_MAX) {
        return wrong(
            where,
            "setting-length",
            "a value has 0 to " + VALUE_CHARS_MAX + " characters",
            "shorten it");
      }
      chars += entry.getKey().length() + value.length();
      Settings known = find(entry.getKey());
      if (known == null && !CUSTOM.matcher(entry.getKey()).matches()) {
        return wrong(
            where,
            "setting-unknown",
            "there is no setting of this name",
            "use one of " + keys() + ", or a name of your own that begins with x-");
      }
      if (known != null && !known.fits(value)) {
        return wrong(where, "setting-form", "the value does not fit", "give " + known.form);
      }
    }
    return chars <= CHARS_MAX
        ? Optional.empty()
        : wrong(
            "settings",
            "settings-length",
            chars + " characters of settings, at most " + CHARS_MAX + " are kept",
            "keep large content elsewhere");
  }

  private static Optional<Problem> wrong(String where, String code, String what, String todo) {
    return Optional.of(
        Problem.invalid(code, what)
            .at(where.length() > 100 ? where.substring(0, 100) : where)
            .todo(todo));
  }

  private static @Nullable Settings find(String key) {
    for (Settings known : values()) {
      if (known.key.equals(key)) {
        return known;
      }
    }
    return null;
  }

  private static String keys() {
    StringBuilder text = new StringBuilder();
    for (Settings known : values()) {
      text.append(text.isEmpty() ? "" : ", ").append(known.key);
    }
    return text.toString();
  }

  private static boolean number(String value, int min, int max) {
    if (!value.matches("[1-9][0-9]{0,5}")) {
      return false;
    }
    int number = Integer.parseInt(value);
    return number >= min && number <= max;
  }
}
