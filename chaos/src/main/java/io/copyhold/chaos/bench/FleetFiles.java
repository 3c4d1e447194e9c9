package io.copyhold.chaos.bench;

import io.copyhold.tenants.store.Script;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The five files that every side applies. */
final class FleetFiles {
  private static final List<String> FILES =
      List.of(
          "V1__create_account.sql",
          "V2__create_order.sql",
          "V3__add_locale.sql",
          "V4__create_line.sql",
          "V5__index_article.sql");

  private FleetFiles() {}

  static List<Script> scripts() throws IOException {
    List<Script> scripts = new ArrayList<>();
    for (String file : FILES) {
      try (InputStream in = FleetFiles.class.getResourceAsStream("fleet/" + file)) {
        if (in == null) {
          throw new IllegalStateException("no resource fleet/" + file);
        }
        int position = scripts.size() + 1;
        scripts.add(
            Script.of(
                "bench",
                position,
                Integer.toString(position),
                file,
                new String(in.readAllBytes(), StandardCharsets.UTF_8)));
      }
    }
    return List.copyOf(scripts);
  }
}
