package io.copyhold.runtime.journal;

import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.KeyspaceSchema;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

class CassandraBlobsTest extends BlobsContract {
  private static final ControlKeyspace KEYSPACE =
      CassandraFixture.open(
          CassandraFixture.newKeyspace(),
          List.of(KeyspaceSchema.Part.of(CassandraBlobs.class, "030-blob.cql")));

  @AfterAll
  static void close() {
    KEYSPACE.close();
  }

  @Override
  Blobs blobs() {
    return new CassandraBlobs(KEYSPACE);
  }

  @Override
  void rot() {
    for (var row : ControlKeyspace.await(KEYSPACE.rows("SELECT digest, piece FROM blob"))) {
      ControlKeyspace.await(
          KEYSPACE.later(
              "UPDATE blob SET content = ? WHERE digest = ? AND piece = ?",
              ByteBuffer.wrap(new byte[] {9}),
              row.getByteBuffer("digest"),
              row.getInt("piece")));
    }
  }
}
