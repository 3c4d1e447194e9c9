package io.copyhold.tenants.document;

import java.util.Locale;

/** The operations that a document may hold, with the word that stands for each. */
public enum Operation {
  CREATE_TABLE(Change.CreateTable.class),
  DROP_TABLE(Change.DropTable.class),
  RENAME_TABLE(Change.RenameTable.class),
  ADD_COLUMN(Change.AddColumn.class),
  DROP_COLUMN(Change.DropColumn.class),
  RENAME_COLUMN(Change.RenameColumn.class),
  ALTER_COLUMN(Change.AlterColumn.class),
  CREATE_INDEX(Change.CreateIndex.class),
  DROP_INDEX(Change.DropIndex.class),
  CREATE_CONSTRAINT(Change.CreateConstraint.class),
  DROP_CONSTRAINT(Change.DropConstraint.class),
  DROP_MULTICOLUMN_CONSTRAINT(Change.DropMulticolumnConstraint.class),
  RENAME_CONSTRAINT(Change.RenameConstraint.class),
  SET_REPLICA_IDENTITY(Change.SetReplicaIdentity.class),
  SQL(Change.Sql.class),
  MOVE_COLUMN(Change.MoveColumn.class),
  EXTRACT_TABLE(Change.ExtractTable.class),
  UPDATE(Change.Update.class);

  private final Class<? extends Change> type;

  Operation(Class<? extends Change> type) {
    this.type = type;
  }

  /** The record that holds it. */
  public Class<? extends Change> type() {
    return type;
  }

  /** As documents write it: {@code create_table}. */
  public String field() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Operation of(Class<? extends Change> type) {
    for (Operation operation : values()) {
      if (operation.type == type) {
        return operation;
      }
    }
    throw new IllegalArgumentException(type.getName());
  }
}
