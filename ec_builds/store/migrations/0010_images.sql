-- Container images: applications, organisations, versions, uploads, images of others.

-- Whether a build is begun once at the most: who watches it has to be told how that ended.
ALTER TABLE build ADD COLUMN once BOOLEAN NOT NULL DEFAULT FALSE;

-- An app as those know it who build images in it.
CREATE TABLE application (
    app_id TEXT PRIMARY KEY REFERENCES app (id) ON DELETE CASCADE,
    -- what builds archives that are uploaded
    platform_id TEXT REFERENCES platform (id) ON DELETE SET NULL,
    -- the number of its last image
    images INTEGER NOT NULL DEFAULT 0,
    -- JSON: how players log in, as a client has said it, and who has made the application
    authentication TEXT NOT NULL,
    creator TEXT,
    created TEXT NOT NULL
);
CREATE INDEX application_platform ON application (platform_id);

-- An account as an organisation, and the app in which its images are that belong to no application.
CREATE TABLE organisation (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL UNIQUE REFERENCES account (id) ON DELETE CASCADE,
    app_id TEXT UNIQUE REFERENCES app (id) ON DELETE SET NULL,
    created TEXT NOT NULL
);

-- A version of an image: by its number in an application, or by its name in an organisation. It
-- stays when its build is gone, for its number is never given again.
CREATE TABLE image (
    id {serial},
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    build_id INTEGER UNIQUE REFERENCES build (id) ON DELETE SET NULL,
    number INTEGER,
    name TEXT,
    tag TEXT,
    -- archive: it is uploaded; registry: it is copied; code: the platform says where it comes from
    source TEXT NOT NULL,
    -- when it was said that it is to be built
    begun TEXT,
    -- JSON: what was known of the build when it was deleted
    remains TEXT,
    UNIQUE (app_id, number),
    UNIQUE (app_id, name)
);

-- What is uploaded for a build: parts in the storage, which together are an archive.
CREATE TABLE upload (
    build_id INTEGER PRIMARY KEY REFERENCES build (id) ON DELETE CASCADE,
    -- of the secret in its addresses; null when these are good for nothing any more
    fingerprint TEXT UNIQUE,
    -- parts, form, or body
    kind TEXT NOT NULL,
    -- bytes as they were announced, and those of a part at the most; null where that is unknown
    size BIGINT,
    chunk BIGINT,
    expires TEXT NOT NULL,
    complete BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX upload_expires ON upload (expires);

CREATE TABLE upload_part (
    id {bigserial},
    build_id INTEGER NOT NULL REFERENCES upload (build_id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    size BIGINT NOT NULL,
    md5 TEXT NOT NULL,
    key TEXT NOT NULL,
    UNIQUE (build_id, number)
);

-- The image that a build is to copy, and the login for it, until it has ended.
CREATE TABLE original (
    build_id INTEGER PRIMARY KEY REFERENCES build (id) ON DELETE CASCADE,
    secret_id TEXT NOT NULL REFERENCES secret (id)
);
CREATE INDEX original_secret ON original (secret_id);

-- Images in registries, as long as they are not, or no longer, those of a build that has succeeded.
CREATE TABLE leftover (
    id {bigserial},
    app_id TEXT NOT NULL,
    -- the build that makes it; rows outlive builds
    build_id INTEGER NOT NULL,
    -- the region as the settings call it, and the image there
    region TEXT NOT NULL,
    reference TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- seconds since 1970 before which nobody tries; null as long as the build runs
    due DOUBLE PRECISION,
    UNIQUE (region, reference)
);
CREATE INDEX leftover_due ON leftover (due) WHERE due IS NOT NULL;
CREATE INDEX leftover_build ON leftover (build_id);
