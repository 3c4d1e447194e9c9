package io.copyhold.runtime.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Map;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.LongField;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.SortedSetDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.util.BytesRef;

/**
 * A row as Lucene keeps it. A word of the summary (or of an array in it, or a truth value) is a
 * keyword under {@code s.FIELD}, a whole number a long under {@code n.FIELD}: two fields, because
 * one name may hold either in two types of entity. Nested objects are shown and not searched.
 */
final class Documents {
  /** Raised when the fields change: an index of another layout is built anew. */
  static final String LAYOUT = "1";

  static final String KEY = "key";
  static final String TYPE = "type";
  static final String ID = "id";
  static final String VERSION = "version";
  static final String AT = "at";
  static final String SUMMARY = "summary";
  static final String TEXT = "text";
  static final String WORD = "s.";
  static final String NUMBER = "n.";

  /** Longer words are cut for searching and sorting; the summary itself is shown whole. */
  private static final int WORD_MAX = 256;

  private Documents() {}

  static Document of(Row row) {
    EntityRef ref = row.entity();
    Document document = new Document();
    document.add(new StringField(KEY, ref.toString(), Field.Store.YES));
    document.add(new SortedDocValuesField(KEY, new BytesRef(ref.toString())));
    document.add(new StringField(TYPE, ref.type(), Field.Store.NO));
    document.add(new SortedDocValuesField(TYPE, new BytesRef(ref.type())));
    document.add(new StringField(ID, ref.id(), Field.Store.NO));
    document.add(new SortedDocValuesField(ID, new BytesRef(ref.id())));
    document.add(new LongField(VERSION, row.version(), Field.Store.YES));
    document.add(new LongField(AT, row.updatedAt().toEpochMilli(), Field.Store.YES));
    document.add(new StoredField(SUMMARY, bytes(row.summary())));
    StringBuilder text = new StringBuilder(ref.id());
    for (Map.Entry<String, JsonNode> field : row.summary().properties()) {
      add(document, field.getKey(), field.getValue());
      if (field.getKey().equals("name") || field.getKey().equals("tags")) {
        words(field.getValue(), text);
      }
    }
    document.add(new TextField(TEXT, text.toString(), Field.Store.NO));
    return document;
  }

  private static void add(Document document, String name, JsonNode value) {
    if (value.isArray()) {
      value.forEach(one -> add(document, name, one));
    } else if (value.isIntegralNumber() && value.canConvertToLong()) {
      document.add(new LongField(NUMBER + name, value.asLong(), Field.Store.NO));
    } else if (value.isValueNode() && !value.isNull()) {
      String word = cut(value.asText());
      document.add(new StringField(WORD + name, word, Field.Store.NO));
      document.add(new SortedSetDocValuesField(WORD + name, new BytesRef(word)));
    }
  }

  /** The form in which a word is indexed. */
  static String cut(String word) {
    return word.length() <= WORD_MAX ? word : word.substring(0, WORD_MAX);
  }

  private static void words(JsonNode value, StringBuilder text) {
    if (value.isArray()) {
      value.forEach(one -> words(one, text));
    } else {
      text.append(' ').append(value.asText());
    }
  }

  static Row row(Document document) {
    return new Row(
        EntityRef.parse(document.get(KEY)),
        document.getField(VERSION).numericValue().longValue(),
        Instant.ofEpochMilli(document.getField(AT).numericValue().longValue()),
        tree(document.getBinaryValue(SUMMARY)));
  }

  private static byte[] bytes(JsonNode summary) {
    try {
      return Mappers.CBOR.writeValueAsBytes(summary);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode tree(BytesRef bytes) {
    try {
      return Mappers.CBOR.readTree(bytes.bytes, bytes.offset, bytes.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
