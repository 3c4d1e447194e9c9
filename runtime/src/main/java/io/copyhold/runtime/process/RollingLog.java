package io.copyhold.runtime.process;

import io.copyhold.runtime.PortAdapter;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A child's output in a file of limited size: when the file is full it becomes {@code NAME.1},
 * replacing the one before. A full disk loses output but never blocks the child. The last lines
 * stay in memory, for messages about a child that did not start.
 */
@PortAdapter
public final class RollingLog implements Closeable {
  /** Lines kept in memory; enough for a server's reasons not to start. */
  private static final int TAIL_LINES = 20;

  /** Characters of a line kept in memory. */
  private static final int TAIL_LINE_CHARS = 500;

  private final Path file;
  private final long limitBytes;
  private final Deque<String> tail = new ArrayDeque<>();
  private final StringBuilder line = new StringBuilder();
  private @Nullable OutputStream out;
  private long written;

  /**
   * @param file where to append; its directory must exist
   * @param limitBytes size of one file; two are kept at most
   */
  public RollingLog(Path file, long limitBytes) {
    if (limitBytes < 1) {
      throw new IllegalArgumentException("limitBytes " + limitBytes);
    }
    this.file = file;
    this.limitBytes = limitBytes;
  }

  /** Copies the stream into the file on a thread of its own until the stream ends. */
  public Thread follow(InputStream stream) {
    return Thread.ofPlatform()
        .name("copyhold-log-" + file.getFileName())
        .daemon(true)
        .start(() -> {
          byte[] buffer = new byte[8192];
          try (stream) {
            for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
              append(buffer, n);
            }
          } catch (IOException e) {
            append("(output lost: " + e.getMessage() + ")\n");
          } finally {
            close();
          }
        });
  }

  /** Appends a line of our own, such as "restarted". */
  public void append(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    append(bytes, bytes.length);
  }

  /** The last lines, oldest first, at most 20 of them. */
  public synchronized String tail() {
    return String.join("\n", tail) + (line.isEmpty() ? "" : "\n" + line);
  }

  private synchronized void append(byte[] bytes, int length) {
    remember(new String(bytes, 0, length, StandardCharsets.UTF_8));
    try {
      OutputStream target = open();
      target.write(bytes, 0, length);
      target.flush();
      written += length;
      if (written >= limitBytes) {
        close();
        Files.move(file, previous(), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      close(); // the child must not block on its output: drop this piece, try again with the next
    }
  }

  private void remember(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        tail.addLast(line.toString());
        line.setLength(0);
        if (tail.size() > TAIL_LINES) {
          tail.removeFirst();
        }
      } else if (line.length() < TAIL_LINE_CHARS) {
        line.append(c);
      }
    }
  }

  private OutputStream open() throws IOException {
    if (out == null) {
      out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      written = Files.size(file);
    }
    return out;
  }

  private Path previous() {
    return file.resolveSibling(file.getFileName() + ".1");
  }

  @Override
  public synchronized void close() {
    if (out != null) {
      try {
        out.close();
      } catch (IOException e) {
        // nothing can be done about the rest of a log
      }
      out = null;
    }
  }
}
