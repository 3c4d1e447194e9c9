package io.copyhold.migration.schema;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.changelog.Changelog;
import io.copyhold.tenants.changelog.ScriptName;
import io.copyhold.tenants.changelog.Scripts;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.store.Script;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Changelogs in memory. */
public final class Shelf implements Scripts {
  private final String changelog;
  private final List<Changelog.Version> versions = new ArrayList<>();
  private final List<Script> scripts = new ArrayList<>();
  private final Map<String, List<Script>> byDigest = new HashMap<>();
  private final Map<String, Script> undos = new HashMap<>();

  public Shelf(String changelog) {
    this.changelog = changelog;
  }

  /** The way back from the version in the file's name. */
  public Shelf undo(String file, String sql) {
    String version = ScriptName.parse(file).version();
    int position = target().position(version);
    undos.put(version, Script.of(changelog, position, version, file, sql));
    return this;
  }

  @Override
  public Optional<Script> undo(Target target, String version) {
    return Optional.ofNullable(undos.get(version));
  }

  public Shelf add(String file, String sql) {
    String version = ScriptName.parse(file).version();
    Script script = Script.of(changelog, scripts.size() + 1, version, file, sql);
    scripts.add(script);
    versions.add(new Changelog.Version(version, file, script.checksum(), true));
    byDigest.put(target().digest(), List.copyOf(scripts));
    return this;
  }

  /** The latest version. */
  public Target target() {
    return target(versions.getLast().version());
  }

  public Target target(String version) {
    return Changelog.target(
        changelog, new Changelog.Published(changelog, versions, false), version);
  }

  @Override
  public List<Script> upTo(Target target) {
    List<Script> found = byDigest.get(target.digest());
    if (found == null) {
      throw new ProblemException(Problem.conflict("scripts-changed", "no such list"));
    }
    return found;
  }
}
