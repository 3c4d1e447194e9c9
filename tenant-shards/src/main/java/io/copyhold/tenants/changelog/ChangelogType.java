package io.copyhold.tenants.changelog;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import io.copyhold.tenants.Fields;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The rules of a {@link Changelog}. */
public final class ChangelogType
    implements EntityType<Changelog, Changelog.Command, Changelog.Event> {
  private static final StoredTypes STORED =
      StoredTypes.of("changelog", Changelog.class)
          .command("publish", Changelog.Command.Publish.class)
          .command("retire", Changelog.Command.Retire.class)
          .event("version-published", Changelog.Event.VersionPublished.class)
          .event("undo-published", Changelog.Event.UndoPublished.class)
          .event("retired", Changelog.Event.Retired.class);

  ChangelogType() {}

  /** The entity of a changelog's id. */
  public static EntityRef ref(String changelog) {
    return new EntityRef("changelog", changelog);
  }

  @Override
  public String name() {
    return "changelog";
  }

  @Override
  public Changelog initial() {
    return new Changelog.Absent();
  }

  @Override
  public StoredTypes stored() {
    return STORED;
  }

  @Override
  public boolean exists(Changelog state) {
    return state instanceof Changelog.Published;
  }

  @Override
  public Decision<Changelog.Event> decide(Changelog state, Changelog.Command command, Instant now) {
    return switch (command) {
      case Changelog.Command.Publish publish -> publish(state, publish);
      case Changelog.Command.Retire _ ->
          switch (state) {
            case Changelog.Published p when p.retired() -> Decision.accept();
            case Changelog.Published _ -> Decision.accept(new Changelog.Event.Retired());
            case Changelog.Absent _ ->
                Decision.refuse(
                    Problem.notFound("changelog-unknown", "there is no such changelog")
                        .todo("publish its scripts first"));
          };
    };
  }

  private static Decision<Changelog.Event> publish(
      Changelog state, Changelog.Command.Publish publish) {
    Optional<Problem> problem =
        Fields.check()
            .id("changelog", publish.changelog())
            .note(ScriptName.check(publish.file()))
            .that(
                publish.sha256() != null && publish.sha256().matches("[0-9a-f]{64}"),
                "sha256",
                "checksum-form",
                "the script's checksum is not 64 lower-case hexadecimal digits",
                "give the SHA-256 of the file")
            .problem();
    if (problem.isPresent()) {
      return Decision.refuse(problem.get());
    }
    ScriptName name = ScriptName.parse(publish.file());
    String version = name.version();
    if (name.undo()) {
      return undo(state, publish, version);
    }
    Changelog.Version next =
        new Changelog.Version(version, publish.file(), publish.sha256(), publish.poolable());
    if (!(state instanceof Changelog.Published published)) {
      return Decision.accept(new Changelog.Event.VersionPublished(publish.changelog(), next));
    }
    Optional<Changelog.Version> same =
        published.versions().stream()
            .filter(v -> SchemaVersion.ORDER.compare(v.version(), version) == 0)
            .findFirst();
    if (same.isPresent()) {
      return same.get().same(next) ? Decision.accept() : Decision.refuse(changed(same.get(), next));
    }
    if (published.retired()) {
      return Decision.refuse(
          Problem.conflict("changelog-retired", "the changelog takes no more versions")
              .at(publish.file())
              .todo("publish into another changelog"));
    }
    if (SchemaVersion.before(version, published.latest().version())) {
      return Decision.refuse(
          Problem.conflict(
                  "version-out-of-order",
                  "version "
                      + version
                      + " would come before "
                      + published.latest().version()
                      + ", which is out")
              .at(publish.file())
              .todo("give the script a version above " + published.latest().version()));
    }
    int bytes = published.versions().stream().mapToInt(ChangelogType::bytes).sum() + bytes(next);
    if (published.versions().size() >= Changelog.VERSIONS_MAX || bytes > Changelog.BYTES_MAX) {
      return Decision.refuse(
          Problem.conflict(
                  "changelog-full",
                  "a changelog holds "
                      + Changelog.VERSIONS_MAX
                      + " versions in "
                      + Changelog.BYTES_MAX
                      + " bytes, this one has "
                      + published.versions().size())
              .at(publish.file())
              .todo("begin a new changelog whose first script makes the whole schema"));
    }
    return Decision.accept(new Changelog.Event.VersionPublished(publish.changelog(), next));
  }

  private static Decision<Changelog.Event> undo(
      Changelog state, Changelog.Command.Publish publish, String version) {
    List<Changelog.Version> versions =
        state instanceof Changelog.Published published ? published.versions() : List.of();
    Optional<Changelog.Version> of =
        versions.stream()
            .filter(v -> SchemaVersion.ORDER.compare(v.version(), version) == 0)
            .findFirst();
    if (of.isEmpty()) {
      return Decision.refuse(
          Problem.conflict(
                  "undo-without-version",
                  "there is no version " + version + " that this could take back")
              .at(publish.file())
              .todo("publish its V script first, or along with it"));
    }
    Changelog.Undo undo = new Changelog.Undo(publish.file(), publish.sha256());
    if (undo.equals(of.get().undo())) {
      return Decision.accept();
    }
    int bytes = versions.stream().mapToInt(ChangelogType::bytes).sum() + bytes(undo);
    return bytes > Changelog.BYTES_MAX
        ? Decision.refuse(
            Problem.conflict(
                    "changelog-full",
                    "a changelog holds " + Changelog.BYTES_MAX + " bytes of names")
                .at(publish.file())
                .todo("leave this way back out"))
        : Decision.accept(new Changelog.Event.UndoPublished(of.get().version(), undo));
  }

  private static Problem changed(Changelog.Version there, Changelog.Version next) {
    String what =
        !there.sha256().equals(next.sha256())
            ? "the content of version " + there.version() + " is another than what was published"
            : !there.file().equals(next.file())
                ? "version " + there.version() + " was published as " + there.file()
                : "version " + there.version() + " was published with poolable=" + there.poolable();
    return Problem.conflict("version-immutable", what)
        .at(next.file())
        .todo("restore the file as it was, and put the change into a new version");
  }

  /** As CBOR: the texts, and what their names and the digest take. */
  private static int bytes(Changelog.Version v) {
    return v.version().length()
        + v.file().length()
        + 102
        + (v.undo() == null ? 0 : bytes(v.undo()));
  }

  private static int bytes(Changelog.Undo undo) {
    return undo.file().length() + 88;
  }

  @Override
  public Changelog evolve(Changelog state, Changelog.Event event) {
    return switch (event) {
      case Changelog.Event.VersionPublished(var id, var version) ->
          switch (state) {
            case Changelog.Absent _ -> new Changelog.Published(id, List.of(version), false);
            case Changelog.Published p -> {
              List<Changelog.Version> versions = new ArrayList<>(p.versions());
              versions.add(version);
              yield new Changelog.Published(p.changelog(), versions, p.retired());
            }
          };
      case Changelog.Event.UndoPublished(var version, var undo)
          when state instanceof Changelog.Published p ->
          new Changelog.Published(
              p.changelog(),
              p.versions().stream()
                  .map(v -> v.version().equals(version) ? v.with(undo) : v)
                  .toList(),
              p.retired());
      case Changelog.Event.Retired _ when state instanceof Changelog.Published p ->
          new Changelog.Published(p.changelog(), p.versions(), true);
      case Changelog.Event.Retired _, Changelog.Event.UndoPublished _ ->
          throw new IllegalStateException(event + " after " + state);
    };
  }

  @Override
  public JsonNode summary(Changelog state) {
    var node = Mappers.JSON.createObjectNode();
    return switch (state) {
      case Changelog.Absent _ -> node.put("state", "absent");
      case Changelog.Published p ->
          node.put("state", p.retired() ? "retired" : "published")
              .put("name", p.changelog())
              .put("latest", p.latest().version())
              .put("versions", p.versions().size())
              .put("poolable", p.versions().stream().allMatch(Changelog.Version::poolable));
    };
  }
}
