package io.copyhold.tenants.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.copyhold.runtime.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes documents. What is read is held against the JSON Schema before anything else.
 */
public final class Documents {
  /** Of a document, in either format; the YAML reader itself stops at 3 MiB. */
  public static final int BYTES_MAX = 2 << 20;

  static final int DEPTH_MAX = 32;
  private static final int TEXT_CHARS_MAX = 1 << 20;
  private static final int FIELD_CHARS_MAX = 256;

  private static final StreamReadConstraints LIMITS =
      StreamReadConstraints.builder()
          .maxNestingDepth(DEPTH_MAX)
          .maxStringLength(TEXT_CHARS_MAX)
          .maxNameLength(FIELD_CHARS_MAX)
          .maxNumberLength(32)
          .build();
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(LIMITS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();
  private static final YAMLFactory YAML =
      YAMLFactory.builder()
          .streamReadConstraints(LIMITS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.LITERAL_BLOCK_STYLE)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();
  private static final ObjectMapper TREES =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Documents() {}

  /** How a document is written. */
  public enum Format {
    JSON,
    YAML;

    /** By the end of a file's name: .json, .yaml, .yml. */
    public static Optional<Format> of(String file) {
      String lower = file.toLowerCase(Locale.ROOT);
      return lower.endsWith(".json")
          ? Optional.of(JSON)
          : lower.endsWith(".yaml") || lower.endsWith(".yml")
              ? Optional.of(YAML)
              : Optional.empty();
    }
  }

  /** What came of reading. */
  public sealed interface Parsed {
    record Good(Document document) implements Parsed {}

    /**
     * @param problems at least one; where: a JSON pointer into the document, {@code
     *     #/operations/0/add_column/table}
     */
    record Bad(List<Problem> problems) implements Parsed {
      public Bad {
        problems = List.copyOf(problems);
      }
    }
  }

  /** Reads a document that says its name itself. */
  public static Parsed parse(byte[] bytes, Format format) {
    return parse(bytes, format, null);
  }

  /** Reads a file; a document without a name is called as the file is, without its ending. */
  public static Parsed parse(String file, byte[] bytes) {
    Optional<Format> format = Format.of(file);
    if (format.isEmpty()) {
      return bad(
          Problem.invalid("document-format", file + " is neither JSON nor YAML by its name")
              .at(file)
              .todo("name it like 02_add_email.yaml or 02_add_email.json"));
    }
    String plain = file.substring(file.lastIndexOf('/') + 1);
    return parse(bytes, format.get(), plain.substring(0, plain.lastIndexOf('.')));
  }

  private static Parsed parse(byte[] bytes, Format format, @Nullable String name) {
    if (bytes.length > BYTES_MAX) {
      return bad(
          Problem.of(
                  Problem.Kind.TOO_LARGE,
                  "document-size",
                  "the document has " + bytes.length + " bytes, at most " + BYTES_MAX + " are read")
              .at("#")
              .todo("split it into several documents"));
    }
    JsonNode tree;
    try {
      tree = tree(bytes, format);
    } catch (Alias e) {
      return bad(
          Problem.invalid("document-alias", "the document refers to an anchor in " + e.where)
              .at(e.where)
              .todo("write the value out: anchors and aliases are not read"));
    } catch (JsonProcessingException e) {
      return bad(unreadable(e, format));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (name != null && tree instanceof ObjectNode object && !object.has("name")) {
      object.put("name", name);
    }
    List<Problem> flaws = DocumentSchema.check(tree);
    if (!flaws.isEmpty()) {
      return new Parsed.Bad(flaws);
    }
    if (!tree.has("name")) {
      return bad(
          Problem.invalid("document-name", "the document has no name")
              .at("#/name")
              .todo("add a field name, such as 02_add_email"));
    }
    try {
      return new Parsed.Good(Codec.JSON.treeToValue(Normal.form(tree), Document.class));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the schema let through what the records refuse", e);
    }
  }

  /** Reads back what {@link #canonical} wrote. */
  public static Document stored(String canonical) {
    try {
      return Codec.JSON.readValue(canonical, Document.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a canonical document", e);
    }
  }

  /** For people: indented, with the fields of each operation. */
  public static String render(Document document, Format format) {
    JsonNode tree = Codec.JSON.valueToTree(document);
    try {
      return switch (format) {
        case JSON -> TREES.writerWithDefaultPrettyPrinter().writeValueAsString(tree) + "\n";
        case YAML -> TREES.writer().with(YAML).writeValueAsString(tree);
      };
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * One line of JSON with sorted keys: the same for equal documents, whatever they were read from.
   */
  public static String canonical(Document document) {
    try {
      return Codec.JSON.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** SHA-256 of the canonical form in UTF-8, 64 hexadecimal digits. */
  public static String digest(Document document) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(canonical(document).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }

  private static JsonNode tree(byte[] bytes, Format format) throws IOException {
    if (format == Format.JSON) {
      try (JsonParser parser = JSON.createParser(bytes)) {
        return TREES.readValue(parser, JsonNode.class);
      }
    }
    try (YAMLParser parser = YAML.createParser(bytes)) {
      while (parser.nextToken() != null) {
        if (parser.isCurrentAlias()) {
          throw new Alias("line " + parser.currentTokenLocation().getLineNr());
        }
      }
    }
    try (YAMLParser parser = YAML.createParser(bytes)) {
      return TREES.readValue(parser, JsonNode.class);
    }
  }

  private static Problem unreadable(JsonProcessingException e, Format format) {
    String place =
        e.getLocation() == null
            ? "#"
            : "line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
    return Problem.of(
            Problem.Kind.MALFORMED,
            "document-unreadable",
            "the document is not "
                + format
                + " that can be read: "
                + e.getOriginalMessage().lines().findFirst().orElse("it is empty"))
        .at(place)
        .todo(
            "mend it there; limits are "
                + DEPTH_MAX
                + " levels, "
                + FIELD_CHARS_MAX
                + " characters for a field's name and "
                + TEXT_CHARS_MAX
                + " for a text, each field once");
  }

  private static Parsed bad(Problem problem) {
    return new Parsed.Bad(List.of(problem));
  }

  /** A YAML alias; the reader would take its name for a text. */
  private static final class Alias extends IOException {
    private final String where;

    Alias(String where) {
      super(where);
      this.where = where;
    }
  }
}
