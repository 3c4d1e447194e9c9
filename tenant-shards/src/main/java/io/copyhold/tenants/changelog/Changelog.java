package io.copyhold.tenants.changelog;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.entity.Digest;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.store.Script;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An ordered list of schema versions, each one script. What is published stays as it is; the next
 * version is higher. The script's text lies in the blobs under its SHA-256. A version may have a
 * way back, which may be replaced: no home has it in its ledger.
 */
public sealed interface Changelog {
  int VERSIONS_MAX = 500;

  /** All versions together as they are stored; keeps the state under 64 KiB. */
  int BYTES_MAX = 60 * 1024;

  record Absent() implements Changelog {}

  /**
   * @param retired no version is added any more
   */
  record Published(String changelog, List<Version> versions, boolean retired) implements Changelog {
    public Published {
      versions = List.copyOf(versions);
    }

    public Version latest() {
      return versions.getLast();
    }
  }

  /**
   * @param sha256 of the script's bytes, 64 hexadecimal digits
   * @param undo the way back to the version before; null when there is none
   */
  record Version(
      String version, String file, String sha256, boolean poolable, @Nullable Undo undo) {
    public Version(String version, String file, String sha256, boolean poolable) {
      this(version, file, sha256, poolable, null);
    }

    /** Whether there is a way back; a document is its own. */
    public boolean reversible() {
      return undo != null || Script.document(file);
    }

    /** The same, whatever the way back. */
    boolean same(Version other) {
      return with(null).equals(other.with(null));
    }

    Version with(@Nullable Undo next) {
      return new Version(version, file, sha256, poolable, next);
    }
  }

  /**
   * The way back from a version: what an undo script says.
   *
   * @param sha256 of the script's bytes, 64 hexadecimal digits
   */
  record Undo(String file, String sha256) {}

  sealed interface Command {
    /**
     * Adds the next version, or nothing when it is there already; or gives a version its way back.
     *
     * @param file {@code V3__add_due_date.sql}, or {@code U3__add_due_date.sql} for the way back;
     *     the version is read from it
     * @param sha256 of the script's bytes, which the caller has put into the blobs
     * @param poolable the script keeps to the shape that shared tables need
     */
    record Publish(String changelog, String file, String sha256, boolean poolable)
        implements Command {}

    /** No more versions. Homes that follow the changelog keep what they have. */
    record Retire() implements Command {}
  }

  sealed interface Event {
    record VersionPublished(String changelog, Version version) implements Event {}

    record UndoPublished(String version, Undo undo) implements Event {}

    record Retired() implements Event {}
  }

  EntityType<Changelog, Command, Event> TYPE = new ChangelogType();

  /**
   * What a home needs to know to reach a version.
   *
   * @param version null for the latest
   * @throws io.copyhold.runtime.ProblemException {@code changelog-unknown}, {@code version-unknown}
   */
  static Target target(String id, Changelog changelog, @Nullable String version) {
    if (!(changelog instanceof Published published)) {
      throw new ProblemException(
          Problem.notFound("changelog-unknown", "there is no changelog " + id)
              .at("changelog/" + id)
              .todo("publish its scripts first"));
    }
    List<Version> upTo = new ArrayList<>();
    for (Version v : published.versions()) {
      upTo.add(v);
      if (v.version().equals(version)) {
        break;
      }
    }
    if (version != null && !upTo.getLast().version().equals(version)) {
      throw new ProblemException(
          Problem.notFound("version-unknown", "the changelog has no version " + version)
              .at("changelog/" + id)
              .todo("the latest is " + published.latest().version()));
    }
    return new Target(
        published.changelog(),
        upTo.getLast().version(),
        upTo.stream().map(Version::version).toList(),
        upTo.stream().allMatch(Version::poolable),
        digest(upTo));
  }

  /** The same from what a read of the entity shows. */
  static Target target(String id, JsonNode view, @Nullable String version) {
    return target(id, Mappers.JSON.convertValue(view, Changelog.class), version);
  }

  /** Names exactly this list of scripts; ways back are no part of it. */
  static String digest(List<Version> versions) {
    StringBuilder text = new StringBuilder();
    for (Version v : versions) {
      text.append(v.version())
          .append(' ')
          .append(v.sha256())
          .append(' ')
          .append(v.file())
          .append('\n');
    }
    return Digest.of(text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
