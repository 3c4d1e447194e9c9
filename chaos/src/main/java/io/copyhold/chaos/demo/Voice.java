package io.copyhold.chaos.demo;

/** Where the story is told. */
interface Voice {
  /** A new chapter. */
  void chapter(String title);

  /** Something that was measured or found. */
  void say(String line);

  /** How far a chapter is; shown only when it changed and not too often. */
  void progress(String line);
}
