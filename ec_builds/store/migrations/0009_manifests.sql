-- Builds from manifests: owners and numbers, namespaces, jobs, artifacts, tags, variables, objects.

-- An account as those count who know numbers only; `builds` is the number of its last build.
CREATE TABLE person (
    id {serial},
    account_id TEXT NOT NULL UNIQUE REFERENCES account (id) ON DELETE CASCADE,
    builds INTEGER NOT NULL DEFAULT 0
);

-- Whose build it is, and which of theirs; when a worker began with it.
ALTER TABLE build ADD COLUMN owner_id TEXT;
ALTER TABLE build ADD COLUMN number INTEGER;
ALTER TABLE build ADD COLUMN begun TEXT;
ALTER TABLE deployment ADD COLUMN begun TEXT;
UPDATE build SET begun = started WHERE state NOT IN ('CREATED', 'QUEUED');
UPDATE deployment SET begun = started WHERE state NOT IN ('CREATED', 'QUEUED');
UPDATE build SET owner_id = (
    SELECT account_id FROM member WHERE member.app_id = build.app_id AND role = 'owner'
    ORDER BY created, id LIMIT 1
);
UPDATE build SET number = ranked.place FROM (
    SELECT id, ROW_NUMBER() OVER (PARTITION BY owner_id ORDER BY id) AS place FROM build
    WHERE owner_id IS NOT NULL
) AS ranked WHERE ranked.id = build.id;
CREATE UNIQUE INDEX build_number ON build (owner_id, number);
INSERT INTO person (account_id, builds)
    SELECT account.id, COALESCE((SELECT MAX(number) FROM build WHERE owner_id = account.id), 0)
    FROM account ORDER BY created, account.id;

-- An app by a path below its owner; the empty path is where builds go that name none.
CREATE TABLE namespace (
    id {serial},
    app_id TEXT NOT NULL UNIQUE REFERENCES app (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    -- the topmost one decides who may look
    root_id INTEGER REFERENCES namespace (id) ON DELETE CASCADE,
    parent_id INTEGER REFERENCES namespace (id) ON DELETE CASCADE,
    description TEXT NOT NULL DEFAULT '',
    visibility TEXT NOT NULL DEFAULT 'private',
    platform_id TEXT REFERENCES platform (id) ON DELETE SET NULL,
    created TEXT NOT NULL,
    UNIQUE (account_id, path)
);
CREATE INDEX namespace_root ON namespace (root_id);
CREATE INDEX namespace_parent ON namespace (parent_id);
CREATE INDEX namespace_platform ON namespace (platform_id);
CREATE INDEX namespace_visibility ON namespace (visibility, id);

-- An invitation to a namespace as those count who know numbers only.
CREATE TABLE invite (
    id {serial},
    invitation_id TEXT NOT NULL UNIQUE REFERENCES invitation (id) ON DELETE CASCADE
);

-- What a build is made by, as it was submitted or found in its code.
CREATE TABLE manifest (
    build_id INTEGER PRIMARY KEY REFERENCES build (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);

CREATE TABLE job (
    id {bigserial},
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    stage TEXT NOT NULL,
    name TEXT NOT NULL,
    commands TEXT NOT NULL,
    may_fail BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    created TEXT NOT NULL,
    started TEXT,
    finished TEXT,
    -- the part of the build's log that it has printed: first byte, and the one after the last
    log_start BIGINT,
    log_end BIGINT
);
CREATE INDEX job_build ON job (build_id, id);

CREATE TABLE artifact (
    id {bigserial},
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    job_id BIGINT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    -- whether the manifest names it; others were found by its patterns
    declared BOOLEAN NOT NULL,
    created TEXT NOT NULL,
    -- null until it is collected, and again when it was let go
    size BIGINT,
    md5 TEXT,
    sha256 TEXT,
    key TEXT,
    let_go TEXT
);
CREATE INDEX artifact_build ON artifact (build_id, name, id);
CREATE INDEX artifact_job ON artifact (job_id);
CREATE INDEX artifact_kept ON artifact (build_id, id) WHERE key IS NOT NULL;

CREATE TABLE tag (
    id {bigserial},
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created TEXT NOT NULL,
    UNIQUE (build_id, name)
);
CREATE INDEX tag_name ON tag (name, build_id);
CREATE INDEX tag_account ON tag (account_id);

-- A value that is sealed and never changed; who needs another one makes another one.
CREATE TABLE secret (
    id TEXT PRIMARY KEY,
    config TEXT NOT NULL,
    created TEXT NOT NULL,
    deleted TEXT
);

CREATE TABLE variable (
    id {bigserial},
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    author_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    secret_id TEXT NOT NULL REFERENCES secret (id),
    masked BOOLEAN NOT NULL,
    created TEXT NOT NULL,
    UNIQUE (app_id, key)
);
CREATE INDEX variable_secret ON variable (secret_id);
CREATE INDEX variable_author ON variable (author_id);

-- The variables of a build as they were when it was submitted, in the order in which they count.
CREATE TABLE build_variable (
    id {bigserial},
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    -- null for those of the manifest, which have their value here
    variable_id BIGINT,
    key TEXT NOT NULL,
    value TEXT,
    secret_id TEXT REFERENCES secret (id),
    masked BOOLEAN NOT NULL
);
CREATE INDEX build_variable_build ON build_variable (build_id, id);
CREATE INDEX build_variable_secret ON build_variable (secret_id) WHERE secret_id IS NOT NULL;

-- A file that builds can have placed; its bytes are in the storage.
CREATE TABLE object (
    id {bigserial},
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    author_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size BIGINT NOT NULL,
    md5 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    key TEXT NOT NULL,
    created TEXT NOT NULL,
    UNIQUE (app_id, name)
);
CREATE INDEX object_author ON object (author_id);

-- The objects that the manifest of a build names, and where they go to.
CREATE TABLE build_object (
    id {bigserial},
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    -- null when there was none of the name, or it was deleted
    object_id BIGINT REFERENCES object (id) ON DELETE SET NULL,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    placed BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX build_object_build ON build_object (build_id, id);
CREATE INDEX build_object_object ON build_object (object_id) WHERE object_id IS NOT NULL;

-- Who wants to be told of what happens in an app, and what they are still to be told.
CREATE TABLE webhook (
    id {bigserial},
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    author_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    secret_id TEXT REFERENCES secret (id),
    verified BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    -- JSON: a list of the names of events
    events TEXT NOT NULL,
    -- what addresses began with where it was made
    root TEXT NOT NULL,
    created TEXT NOT NULL,
    -- seconds since 1970 until which one process alone sends to it
    busy DOUBLE PRECISION NOT NULL DEFAULT 0
);
CREATE INDEX webhook_app ON webhook (app_id, id);
CREATE INDEX webhook_author ON webhook (author_id);
CREATE INDEX webhook_secret ON webhook (secret_id) WHERE secret_id IS NOT NULL;

CREATE TABLE delivery (
    id {bigserial},
    webhook_id BIGINT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    build_id INTEGER REFERENCES build (id) ON DELETE SET NULL,
    -- JSON: what may be another thing later, as it was
    facts TEXT NOT NULL,
    -- null until it is sent for the first time
    body TEXT,
    created TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- seconds since 1970 before which nobody tries; null when it is over
    due DOUBLE PRECISION,
    -- how the last attempt ended
    code INTEGER,
    error TEXT,
    seconds DOUBLE PRECISION,
    tried TEXT
);
CREATE INDEX delivery_due ON delivery (due) WHERE due IS NOT NULL;
CREATE INDEX delivery_webhook ON delivery (webhook_id, id);
CREATE INDEX delivery_build ON delivery (build_id) WHERE build_id IS NOT NULL;
