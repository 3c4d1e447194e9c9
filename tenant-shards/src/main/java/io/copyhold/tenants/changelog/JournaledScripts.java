package io.copyhold.tenants.changelog;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.copyhold.runtime.Await;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Blobs;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.store.Script;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Scripts named by the changelog's entity, with their text from the blobs. What was proven once is
 * kept: a target never changes its meaning.
 */
public final class JournaledScripts implements Scripts {
  /** Characters of all texts kept: some 64 MiB. */
  private static final long KEPT_CHARS_MAX = 32L << 20;

  private record Key(String changelog, String digest) {}

  private final Entities entities;
  private final Blobs blobs;
  private final Cache<Key, List<Script>> proven =
      Caffeine.newBuilder()
          .maximumWeight(KEPT_CHARS_MAX)
          .weigher((Key _, List<Script> scripts) ->
              scripts.stream().mapToInt(script -> script.sql().length() + 100).sum())
          .build();

  public JournaledScripts(Entities entities, Blobs blobs) {
    this.entities = entities;
    this.blobs = blobs;
  }

  @Override
  public List<Script> upTo(Target target) {
    Key key = new Key(target.changelog(), target.digest()); // two changelogs may hold the same
    List<Script> known = proven.getIfPresent(key);
    if (known == null) {
      known = fetch(target);
      proven.put(key, known);
    }
    return known;
  }

  /** Asked for each time: it may be replaced. */
  @Override
  public Optional<Script> undo(Target target, String version) {
    int position = target.position(version);
    Script forward = upTo(target).get(position - 1);
    if (forward.document()) { // it says itself how it is taken back
      return Optional.of(forward);
    }
    Changelog.Undo undo = versions(target).get(position - 1).undo();
    return undo == null
        ? Optional.empty()
        : Optional.of(
            new Script(
                target.changelog(),
                position,
                version,
                undo.file(),
                text(target, undo.file(), undo.sha256()),
                undo.sha256()));
  }

  private List<Script> fetch(Target target) {
    List<Script> scripts = new ArrayList<>();
    for (Changelog.Version version : versions(target)) {
      scripts.add(
          new Script(
              target.changelog(),
              scripts.size() + 1,
              version.version(),
              version.file(),
              text(target, version.file(), version.sha256()),
              version.sha256()));
    }
    return List.copyOf(scripts);
  }

  /** Exactly the versions that the target names. */
  private List<Changelog.Version> versions(Target target) {
    EntityRef ref = ChangelogType.ref(target.changelog());
    Changelog changelog =
        switch (await(entities.read(ref), ref.toString())) {
          case Reply.Applied applied -> Mappers.JSON.convertValue(applied.view(), Changelog.class);
          case Reply.Refused(var problem) -> throw new ProblemException(problem);
          case Reply.NotNow(_, _, var problem) -> throw new ProblemException(problem);
        };
    if (!(changelog instanceof Changelog.Published published)
        || published.versions().size() < target.versions().size()) {
      throw changed(target);
    }
    List<Changelog.Version> versions = published.versions().subList(0, target.versions().size());
    if (!Changelog.digest(versions).equals(target.digest())) {
      throw changed(target);
    }
    return versions;
  }

  private String text(Target target, String file, String sha256) {
    byte[] text =
        await(blobs.get(sha256), file)
            .orElseThrow(() ->
                new ProblemException(
                    Problem.conflict("script-missing", "the text of the script is not there")
                        .at(target.changelog() + "/" + file)
                        .todo("publish this file again, as it was")));
    return new String(text, StandardCharsets.UTF_8);
  }

  private static ProblemException changed(Target target) {
    return new ProblemException(
        Problem.conflict("scripts-changed", "the changelog has other scripts than the target names")
            .at("changelog/" + target.changelog())
            .todo("take the target from the changelog anew"));
  }

  private static <T> T await(CompletionStage<T> stage, String where) {
    return Await.answer(stage, away(where));
  }

  private static Problem away(String where) {
    return Problem.unavailable("scripts-away", "the scripts cannot be read now")
        .at(where)
        .todo("it is tried again; look at the control database if it lasts");
  }
}
