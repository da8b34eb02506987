-- Who somebody is to an identity provider, and which account that is here.

CREATE TABLE identity (
    id TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    UNIQUE (issuer, subject),
    -- an email that goes to somebody else must not take its account along
    UNIQUE (account_id, issuer)
);
