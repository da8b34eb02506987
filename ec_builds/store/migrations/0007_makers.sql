-- A token that was made by one with limits of its own ends with that one.

ALTER TABLE token ADD COLUMN maker_id TEXT REFERENCES token (id) ON DELETE CASCADE;
CREATE INDEX token_maker ON token (maker_id);
