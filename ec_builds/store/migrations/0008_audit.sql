-- Who did what. It refers to nothing, so that it outlasts what it tells of.

CREATE TABLE audit (
    id {bigserial},
    moment TEXT NOT NULL,
    -- Who, as it was then; null for what the server did by itself.
    account_id TEXT,
    email TEXT,
    username TEXT,
    token_id TEXT,
    address TEXT,
    request_id TEXT,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    thing TEXT,
    app_id TEXT,
    -- JSON: a few facts, such as the names of what was changed; never the values of configs.
    detail TEXT
);
-- One for each filter, in the order in which lists are read.
CREATE INDEX audit_moment ON audit (moment, id);
CREATE INDEX audit_account ON audit (account_id, id);
CREATE INDEX audit_email ON audit (email, id);
CREATE INDEX audit_token ON audit (token_id, id);
CREATE INDEX audit_address ON audit (address, id);
CREATE INDEX audit_request ON audit (request_id, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_thing ON audit (kind, thing, id);
CREATE INDEX audit_app ON audit (app_id, id);

-- It is only ever added to.
{refusing};
CREATE TRIGGER audit_edited BEFORE UPDATE ON audit {refusal};
CREATE TRIGGER audit_deleted BEFORE DELETE ON audit {refusal};
{only_after};
{not_before};
