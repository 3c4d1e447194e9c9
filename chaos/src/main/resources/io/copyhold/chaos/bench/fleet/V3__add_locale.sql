ALTER TABLE account ADD COLUMN locale text NOT NULL DEFAULT 'en';
