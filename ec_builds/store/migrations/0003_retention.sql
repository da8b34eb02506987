-- Which builds are kept: pins, a rule for each app, and when to try again to remove files.

ALTER TABLE build ADD COLUMN pinned BOOLEAN NOT NULL DEFAULT FALSE;

-- Null: no such limit.
ALTER TABLE app ADD COLUMN keep_newest INTEGER;
ALTER TABLE app ADD COLUMN keep_days DOUBLE PRECISION;
ALTER TABLE app ADD COLUMN keep_bytes BIGINT;

-- Seconds since 1970 before which nobody tries to remove these files again.
ALTER TABLE litter ADD COLUMN due DOUBLE PRECISION NOT NULL DEFAULT 0;
CREATE INDEX litter_due ON litter (due);
