-- Runs that have ended, counted by state and by the type of their platform.

CREATE TABLE tally (
    id {bigserial},
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    platform_type TEXT NOT NULL,
    number BIGINT NOT NULL
);

INSERT INTO tally (kind, state, platform_type, number)
    SELECT 'build', build.state, platform.type, COUNT(*)
    FROM build JOIN platform ON platform.id = build.platform_id
    WHERE build.state NOT IN ('CREATED', 'QUEUED', 'RUNNING', 'CANCELLING')
    GROUP BY build.state, platform.type;

INSERT INTO tally (kind, state, platform_type, number)
    SELECT 'deployment', deployment.state, platform.type, COUNT(*)
    FROM deployment JOIN platform ON platform.id = deployment.platform_id
    WHERE deployment.state NOT IN ('CREATED', 'QUEUED', 'RUNNING', 'CANCELLING')
    GROUP BY deployment.state, platform.type;
