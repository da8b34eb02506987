-- Who may do what: admins, tokens with scopes, members of apps, and invitations.

ALTER TABLE account ADD COLUMN admin BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE account SET admin = TRUE WHERE username = 'admin';

-- JSON: a list of scopes; null for all that the account may do.
ALTER TABLE token ADD COLUMN scopes TEXT;
-- Whether it is limited to the apps in token_app.
ALTER TABLE token ADD COLUMN limited BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE token ADD COLUMN used TEXT;
CREATE INDEX token_account ON token (account_id, created, id);

CREATE TABLE token_app (
    token_id TEXT NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    PRIMARY KEY (token_id, app_id)
);

CREATE TABLE member (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created TEXT NOT NULL,
    UNIQUE (account_id, app_id)
);
CREATE INDEX member_app ON member (app_id, created, id);

-- Somebody is asked in, by email or by username; whether there is such an account is not said.
CREATE TABLE invitation (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    inviter_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    email TEXT,
    username TEXT,
    -- Whose the username was when it was written; later it may be given to anybody.
    invitee_id TEXT REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created TEXT NOT NULL,
    expires TEXT NOT NULL,
    UNIQUE (app_id, email),
    UNIQUE (app_id, username)
);
CREATE INDEX invitation_email ON invitation (email);
CREATE INDEX invitation_invitee ON invitation (invitee_id);
