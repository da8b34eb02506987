-- Accounts, apps and what they own, runs and their events.
-- {serial}: a growing number that is never given out twice; {bigserial}: the same, 64 bits.

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL
);

CREATE TABLE token (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created TEXT NOT NULL,
    expires TEXT,
    revoked TEXT
);

CREATE TABLE app (
    id TEXT PRIMARY KEY,
    short_id TEXT NOT NULL,
    title TEXT NOT NULL,
    hex_color TEXT NOT NULL,
    created TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX app_created ON app (created, id);

CREATE TABLE codesource (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    config TEXT NOT NULL,
    created TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX codesource_app ON codesource (app_id, created, id);

CREATE TABLE datasource (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    config TEXT NOT NULL,
    created TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX datasource_app ON datasource (app_id, created, id);

CREATE TABLE target (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    config TEXT NOT NULL,
    created TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX target_app ON target (app_id, created, id);

CREATE TABLE platform (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    type TEXT NOT NULL,
    config TEXT NOT NULL,
    codesource_id TEXT NOT NULL REFERENCES codesource (id) ON DELETE CASCADE,
    datasource_id TEXT NOT NULL REFERENCES datasource (id) ON DELETE CASCADE,
    created TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX platform_app ON platform (app_id, title, id);
CREATE INDEX platform_codesource ON platform (codesource_id);
CREATE INDEX platform_datasource ON platform (datasource_id);

CREATE TABLE platform_target (
    id {bigserial},
    platform_id TEXT NOT NULL REFERENCES platform (id) ON DELETE CASCADE,
    target_id TEXT NOT NULL REFERENCES target (id) ON DELETE CASCADE,
    UNIQUE (platform_id, target_id)
);
CREATE INDEX platform_target_target ON platform_target (target_id);

-- Runs carry no foreign key to each other: a deployment outlives its build.
CREATE TABLE build (
    id {serial},
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    platform_id TEXT NOT NULL REFERENCES platform (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    detail TEXT,
    creator TEXT,
    comment TEXT,
    started TEXT NOT NULL,
    finished TEXT,
    worker TEXT,
    lease_until DOUBLE PRECISION,
    fence INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    deleted TEXT,
    location TEXT,
    size BIGINT,
    result_key TEXT
);
CREATE INDEX build_platform ON build (platform_id, id);
CREATE INDEX build_app ON build (app_id, id);
CREATE INDEX build_waiting ON build (state, id)
    WHERE state IN ('CREATED', 'QUEUED', 'RUNNING', 'CANCELLING');
CREATE INDEX build_deleted ON build (id) WHERE deleted IS NOT NULL;

CREATE TABLE deployment (
    id {serial},
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    platform_id TEXT NOT NULL REFERENCES platform (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    detail TEXT,
    creator TEXT,
    comment TEXT,
    started TEXT NOT NULL,
    finished TEXT,
    worker TEXT,
    lease_until DOUBLE PRECISION,
    fence INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    deleted TEXT,
    build_id INTEGER NOT NULL,
    outside_config TEXT,
    results TEXT
);
CREATE INDEX deployment_platform ON deployment (platform_id, id);
CREATE INDEX deployment_app ON deployment (app_id, id);
CREATE INDEX deployment_build ON deployment (build_id, id);
CREATE INDEX deployment_waiting ON deployment (state, id)
    WHERE state IN ('CREATED', 'QUEUED', 'RUNNING', 'CANCELLING');
CREATE INDEX deployment_deleted ON deployment (id) WHERE deleted IS NOT NULL;

CREATE TABLE deployment_target (
    id {bigserial},
    deployment_id INTEGER NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
    target_id TEXT NOT NULL
);
CREATE INDEX deployment_target_deployment ON deployment_target (deployment_id);
CREATE INDEX deployment_target_target ON deployment_target (target_id, deployment_id);

-- One counter for the events of builds and of deployments.
CREATE TABLE event (
    id {bigserial},
    build_id INTEGER REFERENCES build (id) ON DELETE CASCADE,
    deployment_id INTEGER REFERENCES deployment (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    message TEXT NOT NULL,
    temporary INTEGER NOT NULL,
    info TEXT NOT NULL
);
CREATE INDEX event_build ON event (build_id, id) WHERE build_id IS NOT NULL;
CREATE INDEX event_deployment ON event (deployment_id, id) WHERE deployment_id IS NOT NULL;

-- Which deployment is served below which path.
CREATE TABLE site (
    path TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    target_id TEXT NOT NULL,
    deployment_id INTEGER NOT NULL,
    prefix TEXT NOT NULL
);
CREATE INDEX site_app ON site (app_id);
CREATE INDEX site_target ON site (target_id);
CREATE INDEX site_deployment ON site (deployment_id);

-- Files that nothing points to any more, until the storage has removed them.
CREATE TABLE litter (
    prefix TEXT PRIMARY KEY
);

-- What was created for a request that its client may send again.
CREATE TABLE receipt (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    thing TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX receipt_created ON receipt (created);
