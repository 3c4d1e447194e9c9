package io.copyhold.chaos.demo;

/** Where the story is told. */
interface Voice {
  /** A new chapter. */
  void chapter(String title);

  /** Something that was measured or found. */
  void say(String line);

  /** How far a chapter is; shown only when it changed and not too often. */
  void progress(String line);

  /** Says nothing. */
  Voice SILENT =
      new Voice() {
        @Override
        public void chapter(String title) {}

        @Override
        public void say(String line) {}

        @Override
        public void progress(String line) {}
      };
}
