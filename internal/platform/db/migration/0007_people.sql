-- +goose Up
-- Sessions get a name that may be shown, and remember how they began. Those that are open end: people sign in anew, once.
DELETE FROM session;
ALTER TABLE session ADD COLUMN id UUID;
ALTER TABLE session ADD COLUMN method TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN factor TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN proof_method TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN proof_at BIGINT;
CREATE UNIQUE INDEX session_id ON session (id);

-- When an account ends by itself; none for almost everybody.
ALTER TABLE app_user ADD COLUMN expires_at BIGINT;

-- Somebody whose password was right and whose second factor is awaited. It is no session, and nothing else reads it.
CREATE TABLE sign_in_pending (
    id_hash TEXT PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    method TEXT NOT NULL,
    failures BIGINT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_in_pending_user ON sign_in_pending (user_id);
CREATE INDEX sign_in_pending_expiry ON sign_in_pending (expires_at);

-- Which roles must have a second factor.
CREATE TABLE factor_rule (
    role TEXT PRIMARY KEY,
    required BOOLEAN NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE totp (
    user_id UUID PRIMARY KEY REFERENCES app_user (id) ON DELETE CASCADE,
    secret TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT
);

CREATE TABLE passkey (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    credential TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE UNIQUE INDEX passkey_credential ON passkey (credential_id);
CREATE INDEX passkey_user ON passkey (user_id);

CREATE TABLE recovery_code (
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, hash)
);

-- What a passkey is asked to sign: once, for one purpose, within minutes.
CREATE TABLE passkey_challenge (
    id_hash TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    bound_to TEXT NOT NULL,
    user_id UUID REFERENCES app_user (id) ON DELETE CASCADE,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX passkey_challenge_expiry ON passkey_challenge (expires_at);

-- Invitations and password resets: links that work once.
CREATE TABLE sign_in_link (
    id UUID PRIMARY KEY,
    hash TEXT NOT NULL,
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX sign_in_link_hash ON sign_in_link (hash);
CREATE INDEX sign_in_link_user ON sign_in_link (user_id);
CREATE INDEX sign_in_link_expiry ON sign_in_link (expires_at);

-- Who asked for a new password, until the mail is written: known or not, asking does the same.
CREATE TABLE sign_in_request (
    id UUID PRIMARY KEY,
    email TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE break_glass (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    made BOOLEAN NOT NULL,
    started_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX break_glass_open ON break_glass (ended_at, ends_at);

-- +goose Down
DROP TABLE break_glass;
DROP TABLE sign_in_request;
DROP TABLE sign_in_link;
DROP TABLE passkey_challenge;
DROP TABLE recovery_code;
DROP TABLE passkey;
DROP TABLE totp;
DROP TABLE factor_rule;
DROP TABLE sign_in_pending;
ALTER TABLE app_user DROP COLUMN expires_at;
DROP INDEX session_id;
ALTER TABLE session DROP COLUMN proof_at;
ALTER TABLE session DROP COLUMN proof_method;
ALTER TABLE session DROP COLUMN factor;
ALTER TABLE session DROP COLUMN method;
ALTER TABLE session DROP COLUMN id;
