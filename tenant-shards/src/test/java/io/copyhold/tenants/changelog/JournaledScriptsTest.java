package io.copyhold.tenants.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Blobs;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.Changelog.Published;
import io.copyhold.tenants.changelog.Changelog.Version;
import io.copyhold.tenants.store.Script;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class JournaledScriptsTest {
  private final Shelf shelf = new Shelf();
  private final JournaledScripts scripts = new JournaledScripts(shelf, shelf);

  @Test
  void theScriptsOfATargetComeWithTheirText() {
    Target two =
        shelf.publish("V1__a.sql", "select 1;").publish("V2__b.sql", "select 'ä';").target();
    shelf.publish("V3__c.sql", "select 3;");
    assertThat(scripts.upTo(two))
        .containsExactly(
            Script.of("invoicing", 1, "1", "V1__a.sql", "select 1;"),
            Script.of("invoicing", 2, "2", "V2__b.sql", "select 'ä';"));
  }

  @Test
  void whatWasProvenIsNotAskedForAgain() {
    Target one = shelf.publish("V1__a.sql", "select 1;").target();
    scripts.upTo(one);
    shelf.away = true;
    assertThat(scripts.upTo(one)).hasSize(1);
  }

  @Test
  void anotherListThanTheTargetNamesIsRefused() {
    Target one = shelf.publish("V1__a.sql", "select 1;").target();
    shelf.versions.clear();
    shelf.publish("V1__a.sql", "select 2;");
    refused(one, "scripts-changed", Problem.Kind.CONFLICT);
  }

  @Test
  void aShorterListThanTheTargetNamesIsRefused() {
    Target two = shelf.publish("V1__a.sql", "select 1;").publish("V2__b.sql", "select 2;").target();
    shelf.versions.removeLast();
    refused(two, "scripts-changed", Problem.Kind.CONFLICT);
  }

  @Test
  void aMissingTextIsNamed() {
    Target one = shelf.publish("V1__a.sql", "select 1;").target();
    shelf.texts.clear();
    refused(one, "script-missing", Problem.Kind.CONFLICT);
  }

  @Test
  void aBusyChangelogIsAskedLater() {
    Target one = shelf.publish("V1__a.sql", "select 1;").target();
    shelf.away = true;
    refused(one, "shard-moving", Problem.Kind.UNAVAILABLE);
  }

  private void refused(Target target, String code, Problem.Kind kind) {
    assertThatThrownBy(() -> scripts.upTo(target))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(code);
              assertThat(e.problem().kind()).isEqualTo(kind);
            });
  }

  /** One changelog and its texts, in memory. */
  private static final class Shelf implements Entities, Blobs {
    private final List<Version> versions = new ArrayList<>();
    private final Map<String, byte[]> texts = new HashMap<>();
    private boolean away;

    Shelf publish(String file, String sql) {
      String sha256 = Script.checksum(sql);
      texts.put(sha256, sql.getBytes(StandardCharsets.UTF_8));
      versions.add(new Version(ScriptName.parse(file).version(), file, sha256, true));
      return this;
    }

    Target target() {
      return Changelog.target("invoicing", new Published("invoicing", versions, false), null);
    }

    @Override
    public CompletionStage<Reply> read(EntityRef entity) {
      return CompletableFuture.completedStage(
          away
              ? new Reply.NotNow(
                  Duration.ofSeconds(1), true, Problem.unavailable("shard-moving", "later"))
              : new Reply.Applied(
                  entity,
                  versions.size(),
                  Mappers.tree(new Published("invoicing", versions, false), Changelog.class),
                  List.of(),
                  false));
    }

    @Override
    public CompletionStage<Optional<byte[]>> get(String digest) {
      return CompletableFuture.completedStage(Optional.ofNullable(texts.get(digest)));
    }

    @Override
    public CompletionStage<String> put(byte[] content) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Reply> ask(EntityRef entity, Object command, Origin origin) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Reply> dryRun(EntityRef entity, Object command, Origin origin) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Reply> signal(
        EntityRef owner, String operation, Object command, Origin origin) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletionStage<Reply> wake(EntityRef entity, String name, int missed) {
      throw new UnsupportedOperationException();
    }
  }
}
