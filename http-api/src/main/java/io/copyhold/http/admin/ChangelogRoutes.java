package io.copyhold.http.admin;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Digest;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Blobs;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.Changelog;
import io.copyhold.tenants.changelog.SchemaVersion;
import io.copyhold.tenants.changelog.ScriptName;
import io.copyhold.tenants.store.Script;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Changelogs: scripts published in order, read, retired. */
final class ChangelogRoutes {
  private static final String TYPE = Changelog.TYPE.name();
  private static final String ITEM = "/v1/changelogs/{id}";
  private static final int SCRIPTS_MAX = 500;

  /** Scripts in any order: the versions in their names order them. */
  record Publication(List<NewScript> scripts, @Nullable Boolean poolable) {}

  /**
   * @param poolable null for the publication's; that one is false when left out
   */
  record NewScript(String file, String content, @Nullable Boolean poolable) {}

  private final Resource resource;
  private final Resource.Shared shared;
  private final Blobs blobs;

  ChangelogRoutes(Resource.Shared shared, Blobs blobs) {
    this.resource = Kinds.resource(TYPE, shared);
    this.shared = shared;
    this.blobs = blobs;
  }

  List<Route> routes(int uploadBytesMax) {
    List<Route> routes = new ArrayList<>(resource.reads());
    routes.add(Route.command("POST", ITEM + "/versions", this::publish).withBody(uploadBytesMax));
    routes.add(Route.get(ITEM + "/versions/{version}", this::script));
    routes.add(resource.command("POST", "/retire", _ -> new Changelog.Command.Retire()));
    return routes;
  }

  /**
   * One command per script, in order; the first refusal ends it, and what was published before
   * stays.
   */
  private Answer publish(Call call) throws InterruptedException {
    EntityRef changelog = Kinds.creating(call, TYPE);
    Publication publication = call.body(Publication.class);
    List<NewScript> scripts = ordered(publication.scripts());
    boolean otherwise = publication.poolable() != null && publication.poolable();
    check(call, changelog, scripts);
    Reply.@Nullable Applied last = null;
    List<String> events = new ArrayList<>();
    long first = 0;
    for (NewScript script : scripts) {
      byte[] content = script.content().getBytes(StandardCharsets.UTF_8);
      String digest = call.dryRun() ? Digest.of(content) : call.await(blobs.put(content));
      boolean poolable = script.poolable() == null ? otherwise : script.poolable();
      Reply reply =
          resource.ask(
              call,
              changelog,
              new Changelog.Command.Publish(changelog.id(), script.file(), digest, poolable),
              origin(call, script.file(), last == null));
      if (!(reply instanceof Reply.Applied applied)) {
        return Resource.changed(reply);
      }
      if (last == null) {
        first = applied.version() - applied.events().size();
      }
      events.addAll(applied.events());
      last = applied;
    }
    if (last == null) {
      throw new IllegalStateException("there is at least one script");
    }
    return Entries.changed(
        new Reply.Applied(
            changelog,
            call.dryRun() ? first + events.size() : last.version(),
            last.view(),
            events,
            last.dryRun()));
  }

  /** What is published is right as a whole, or nothing of it is published. */
  private void check(Call call, EntityRef changelog, List<NewScript> scripts)
      throws InterruptedException {
    if (scripts.stream().noneMatch(script -> Script.document(script.file()))) {
      return;
    }
    DocumentCheck check = new DocumentCheck();
    Set<String> published = new HashSet<>();
    if (call.await(shared.entities().read(changelog)) instanceof Reply.Applied there
        && Mappers.JSON.convertValue(there.view(), Changelog.class)
            instanceof Changelog.Published known) {
      for (Changelog.Version version : known.versions()) {
        published.add(version.file());
        follow(call, check, version.file(), version.sha256());
      }
    }
    for (NewScript script : scripts) {
      if (Script.document(script.file()) && !published.contains(script.file())) {
        check.document(script.file(), script.content().getBytes(StandardCharsets.UTF_8));
      } else if (script.file().startsWith("V") && !published.contains(script.file())) {
        check.script();
      }
    }
  }

  private void follow(Call call, DocumentCheck check, String file, String sha256)
      throws InterruptedException {
    if (!Script.document(file)) {
      check.script();
      return;
    }
    check.document(
        file,
        call.await(blobs.get(sha256))
            .orElseThrow(() -> new IllegalStateException("no blob " + sha256)));
  }

  /** Each script is a command of its own; its key says which of the publication it is. */
  private static Origin origin(Call call, String file, boolean first) {
    Origin origin = call.origin();
    String key = origin.idempotencyKey();
    Origin keyed = key == null ? origin : origin.withKey(Digest.of(key, file));
    return first ? keyed : keyed.withExpectedVersion(null);
  }

  private static List<NewScript> ordered(List<NewScript> scripts) {
    if (scripts.isEmpty() || scripts.size() > SCRIPTS_MAX) {
      throw new ProblemException(
          Problem.invalid("scripts-number", "a publication has 1 to " + SCRIPTS_MAX + " scripts")
              .at("/scripts"));
    }
    record Named(NewScript script, ScriptName name) {}
    return scripts.stream()
        .map(script -> new Named(script, ScriptName.parse(script.file())))
        .sorted(
            Comparator.comparing((Named named) -> named.name().version(), SchemaVersion.ORDER)
                .thenComparing(named -> named.name().undo()))
        .map(Named::script)
        .toList();
  }

  /** The text of one version's script. */
  private Answer script(Call call) throws InterruptedException {
    EntityRef changelog = resource.entity(call);
    String version = call.value("version");
    Changelog state =
        Mappers.JSON.convertValue(Kinds.view(call, shared.entities(), changelog), Changelog.class);
    if (state instanceof Changelog.Published published) {
      for (Changelog.Version found : published.versions()) {
        if (found.version().equals(version)) {
          byte[] content =
              call.await(blobs.get(found.sha256()))
                  .orElseThrow(() -> new IllegalStateException("no blob " + found.sha256()));
          return Answer.json(
              200,
              Mappers.JSON
                  .createObjectNode()
                  .put("changelog", changelog.id())
                  .put("version", found.version())
                  .put("file", found.file())
                  .put("sha256", found.sha256())
                  .put("poolable", found.poolable())
                  .put("content", new String(content, StandardCharsets.UTF_8)));
        }
      }
    }
    return Problems.answer(
        Problem.notFound("version-not-found", changelog + " has no version " + version));
  }
}
