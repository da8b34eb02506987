-- Where the pieces of what the commands of a build printed lie in the storage.

CREATE TABLE log_segment (
    id {bigserial},
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    -- the first byte, counted from the beginning of the log over all attempts
    start BIGINT NOT NULL,
    size BIGINT NOT NULL,
    key TEXT NOT NULL,
    -- [[byte, event], ...]: from this byte on, the log comes after this event
    marks TEXT NOT NULL,
    UNIQUE (build_id, start)
);
