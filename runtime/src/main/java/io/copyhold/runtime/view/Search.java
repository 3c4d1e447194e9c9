package io.copyhold.runtime.view;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.document.LongField;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.DocValuesType;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FieldInfos;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SortedSetDocValues;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.FieldDoc;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.search.SortedNumericSortField;
import org.apache.lucene.search.SortedSetSortField;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopFieldCollectorManager;
import org.apache.lucene.search.TopFieldDocs;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/** One {@link Query} against one state of the index. */
final class Search {
  private static final int FACET_VALUES_MAX = 1_000;
  private static final int WORDS_MAX = 16;

  private final IndexSearcher searcher;
  private final Analyzer analyzer;

  Search(IndexSearcher searcher, Analyzer analyzer) {
    this.searcher = searcher;
    this.analyzer = analyzer;
  }

  Page page(Query query, long lagMs, boolean upToDate) throws IOException {
    org.apache.lucene.search.Query wanted = wanted(query);
    Sort sort = sort(query);
    FieldDoc after =
        query.cursor() == null ? null : after(Cursor.parse(query.cursor(), query), sort);
    // one more than is shown, to know whether there is a next page
    TopFieldDocs found =
        searcher.search(
            wanted,
            new TopFieldCollectorManager(sort, query.limit() + 1, after, Integer.MAX_VALUE));
    List<Row> rows = new ArrayList<>();
    StoredFields stored = searcher.storedFields();
    int shown = Math.min(found.scoreDocs.length, query.limit());
    for (int i = 0; i < shown; i++) {
      rows.add(Documents.row(stored.document(found.scoreDocs[i].doc)));
    }
    String next = null;
    if (found.scoreDocs.length > shown) {
      FieldDoc last = (FieldDoc) found.scoreDocs[shown - 1];
      Object[] keys = last.fields;
      next =
          new Cursor(Cursor.sort(query), keys[0], ((BytesRef) keys[keys.length - 1]).utf8ToString())
              .toString();
    }
    Map<String, Map<String, Long>> facets = new LinkedHashMap<>();
    for (String field : query.facets()) {
      facets.put(field, facet(wanted, field));
    }
    return new Page(rows, next, found.totalHits.value(), lagMs, upToDate, facets);
  }

  Optional<Row> find(String key) throws IOException {
    TopFieldDocs found =
        searcher.search(
            new TermQuery(new Term(Documents.KEY, key)), 1, new Sort(SortField.FIELD_DOC));
    return found.scoreDocs.length == 0
        ? Optional.empty()
        : Optional.of(Documents.row(searcher.storedFields().document(found.scoreDocs[0].doc)));
  }

  private org.apache.lucene.search.Query wanted(Query query) throws IOException {
    BooleanQuery.Builder all = new BooleanQuery.Builder();
    if (query.type() != null) {
      all.add(new TermQuery(new Term(Documents.TYPE, query.type())), Occur.FILTER);
    }
    if (query.prefix() != null && !query.prefix().isEmpty()) {
      all.add(new PrefixQuery(new Term(Documents.ID, query.prefix())), Occur.FILTER);
    }
    for (Map.Entry<String, List<String>> filter : query.filters().entrySet()) {
      BooleanQuery.Builder any = new BooleanQuery.Builder();
      filter.getValue().forEach(value -> is(filter.getKey(), value, any));
      all.add(any.build(), Occur.FILTER);
    }
    if (query.text() != null) {
      for (String word : words(query.text())) {
        all.add(new PrefixQuery(new Term(Documents.TEXT, word)), Occur.FILTER);
      }
    }
    BooleanQuery built = all.build();
    return built.clauses().isEmpty() ? MatchAllDocsQuery.INSTANCE : built;
  }

  private static void is(String field, String value, BooleanQuery.Builder any) {
    String word = Documents.cut(value);
    switch (field) {
      case "id" -> any.add(new TermQuery(new Term(Documents.ID, value)), Occur.SHOULD);
      case "type" -> any.add(new TermQuery(new Term(Documents.TYPE, value)), Occur.SHOULD);
      case "version" -> number(Documents.VERSION, value, any);
      default -> {
        any.add(new TermQuery(new Term(Documents.WORD + field, word)), Occur.SHOULD);
        number(Documents.NUMBER + field, value, any);
      }
    }
  }

  private static void number(String field, String value, BooleanQuery.Builder any) {
    if (value.matches("-?[0-9]{1,18}")) {
      any.add(LongField.newExactQuery(field, Long.parseLong(value)), Occur.SHOULD);
    }
  }

  private List<String> words(String text) throws IOException {
    List<String> words = new ArrayList<>();
    try (TokenStream tokens = analyzer.tokenStream(Documents.TEXT, text)) {
      CharTermAttribute word = tokens.addAttribute(CharTermAttribute.class);
      tokens.reset();
      while (tokens.incrementToken()) {
        words.add(word.toString());
      }
      tokens.end();
    }
    if (words.size() > WORDS_MAX) {
      throw new ProblemException(
          Problem.invalid("too-many-words", "at most " + WORDS_MAX + " words are searched for")
              .at("text"));
    }
    return words;
  }

  private Sort sort(Query query) {
    boolean down = query.descending();
    SortField first =
        switch (query.sort()) {
          case "id" -> new SortField(Documents.ID, SortField.Type.STRING, down);
          case "type" -> new SortField(Documents.TYPE, SortField.Type.STRING, down);
          case "version" -> numbers(Documents.VERSION, down);
          case "updatedAt" -> numbers(Documents.AT, down);
          default ->
              has(Documents.NUMBER + query.sort())
                  ? numbers(Documents.NUMBER + query.sort(), down)
                  : words(Documents.WORD + query.sort(), down);
        };
    return new Sort(first, new SortField(Documents.KEY, SortField.Type.STRING));
  }

  private static SortField numbers(String field, boolean down) {
    SortField sort = new SortedNumericSortField(field, SortField.Type.LONG, down);
    sort.setMissingValue(down ? Long.MIN_VALUE : Long.MAX_VALUE);
    return sort;
  }

  private static SortField words(String field, boolean down) {
    SortField sort = new SortedSetSortField(field, down);
    sort.setMissingValue(down ? SortField.STRING_FIRST : SortField.STRING_LAST);
    return sort;
  }

  private boolean has(String field) {
    FieldInfo info = FieldInfos.getMergedFieldInfos(searcher.getIndexReader()).fieldInfo(field);
    return info != null && info.getDocValuesType() != DocValuesType.NONE;
  }

  private FieldDoc after(Cursor cursor, Sort sort) {
    boolean numeric = sort.getSort()[0] instanceof SortedNumericSortField;
    Object value = cursor.value();
    if (numeric != value instanceof Long) {
      // the first number under this name came or went since that page
      value = numeric ? sort.getSort()[0].getMissingValue() : null;
    }
    // every row before it has a lower key, and a row's key is its own: the number of the document
    // never decides
    int doc = Math.max(0, searcher.getIndexReader().maxDoc() - 1);
    return new FieldDoc(doc, Float.NaN, new Object[] {value, new BytesRef(cursor.key())});
  }

  private Map<String, Long> facet(org.apache.lucene.search.Query wanted, String field)
      throws IOException {
    String name =
        switch (field) {
          case "type" -> Documents.TYPE;
          default -> Documents.WORD + field;
        };
    Map<String, Long> counts = new HashMap<>();
    searcher.search(wanted, new Counting(name, counts));
    Map<String, Long> ordered = new LinkedHashMap<>();
    counts.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(FACET_VALUES_MAX)
        .forEach(entry -> ordered.put(entry.getKey(), entry.getValue()));
    return ordered;
  }

  /** Counts the values of one field over the rows that match. */
  @SuppressWarnings("deprecation") // the form with a manager is for several threads
  private static final class Counting extends SimpleCollector {
    private final String field;
    private final Map<String, Long> counts;
    private @Nullable SortedSetDocValues values;
    private long[] byOrd = new long[0];

    Counting(String field, Map<String, Long> counts) {
      this.field = field;
      this.counts = counts;
    }

    @Override
    protected void doSetNextReader(LeafReaderContext context) throws IOException {
      finish();
      SortedSetDocValues found = DocValues.getSortedSet(context.reader(), field);
      values = found;
      byOrd = new long[(int) found.getValueCount()];
    }

    @Override
    public void collect(int doc) throws IOException {
      SortedSetDocValues found = values;
      if (found != null && found.advanceExact(doc)) {
        for (int i = found.docValueCount(); i > 0; i--) {
          byOrd[(int) found.nextOrd()]++;
        }
      }
    }

    @Override
    public void finish() throws IOException {
      SortedSetDocValues found = values;
      if (found != null) {
        for (int ord = 0; ord < byOrd.length; ord++) {
          if (byOrd[ord] > 0) {
            counts.merge(found.lookupOrd(ord).utf8ToString(), byOrd[ord], Long::sum);
          }
        }
      }
      values = null;
    }

    @Override
    public ScoreMode scoreMode() {
      return ScoreMode.COMPLETE_NO_SCORES;
    }
  }
}
