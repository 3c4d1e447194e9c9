CREATE INDEX line_article ON line (article);
ALTER TABLE purchase ADD COLUMN note text;
