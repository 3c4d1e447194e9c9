package io.copyhold.chaos.demo;

import io.copyhold.runtime.PortAdapter;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** Prints short lines with the seconds since the beginning; bold titles on a terminal only. */
@PortAdapter
final class PrintedVoice implements Voice {
  /** Progress is for a person who watches. */
  private static final long BETWEEN_PROGRESS = Duration.ofMillis(1_500).toNanos();

  private final PrintStream out;
  private final boolean colours;
  private final long begin = System.nanoTime();
  private int chapters;
  private String shown = "";
  private long shownAt = begin;

  PrintedVoice(PrintStream out, boolean colours) {
    this.out = out;
    this.colours = colours;
  }

  @Override
  public synchronized void chapter(String title) {
    String line = ++chapters + "  " + title;
    out.println();
    out.println(colours ? "\u001b[1m" + line + "\u001b[0m" : line);
    shown = "";
    shownAt = System.nanoTime();
  }

  @Override
  public synchronized void say(String line) {
    print(line);
    shown = "";
  }

  @Override
  public synchronized void progress(String line) {
    long now = System.nanoTime();
    if (!line.equals(shown) && now - shownAt >= BETWEEN_PROGRESS) {
      print(colours ? "\u001b[2m" + line + "\u001b[0m" : line);
      shown = line;
      shownAt = now;
    }
  }

  private void print(String line) {
    double seconds = (System.nanoTime() - begin) / 1e9;
    out.println(String.format(Locale.ROOT, "%6.1f s  %s", seconds, line));
    out.flush();
  }
}
