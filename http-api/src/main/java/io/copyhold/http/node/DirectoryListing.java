package io.copyhold.http.node;

import io.copyhold.http.admin.Listing;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.view.Directory;
import java.util.Optional;

/** The API's lists, from the directory. */
record DirectoryListing(Directory directory) implements Listing {
  @Override
  public Page list(Query query) throws InterruptedException {
    Position after = query.after();
    var page =
        directory.list(
            new io.copyhold.runtime.view.Query(
                query.type(),
                query.filters(),
                query.text(),
                query.prefix(),
                query.sort(),
                query.descending(),
                query.cursor(),
                query.limit(),
                query.facets(),
                after == null
                    ? null
                    : new io.copyhold.runtime.view.Position(after.entity(), after.version()),
                query.afterMax()));
    return new Page(
        page.rows().stream().map(DirectoryListing::row).toList(),
        page.next(),
        page.total(),
        page.lagMs(),
        page.upToDate(),
        page.facets());
  }

  @Override
  public Optional<Row> find(EntityRef entity) {
    return directory.find(entity).map(DirectoryListing::row);
  }

  private static Row row(io.copyhold.runtime.view.Row row) {
    return new Row(row.entity(), row.version(), row.updatedAt(), row.summary());
  }
}
