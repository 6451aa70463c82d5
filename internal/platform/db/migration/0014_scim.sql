-- +goose Up
-- Whether a provider's word counts as the second factor: ask (Vigie asks for its own), asserted (if the token says one of the values), always.
ALTER TABLE identity_provider ADD COLUMN second_factor TEXT NOT NULL DEFAULT 'ask';
ALTER TABLE identity_provider ADD COLUMN factor_values TEXT NOT NULL DEFAULT '';

-- The groups of the last sign-in, from which the role is worked out anew when provisioning changes the others.
ALTER TABLE identity_link ADD COLUMN group_names TEXT NOT NULL DEFAULT '[]';
-- A link that provisioning has made has no subject until the first sign-in.
DROP INDEX identity_link_subject;
CREATE UNIQUE INDEX identity_link_subject ON identity_link (provider_id, issuer, subject) WHERE subject <> '';

-- Until now a session by a provider counted as one with a second factor, whatever the provider had asked for.
UPDATE session SET factor = '' WHERE method = 'external';

-- What signing out at the provider will need of a sign-in that still waits for its second factor.
CREATE TABLE sign_on_pending (
    pending_key TEXT PRIMARY KEY REFERENCES sign_in_pending (id_hash) ON DELETE CASCADE,
    provider_id UUID NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    sid TEXT NOT NULL,
    id_token TEXT NOT NULL
);
CREATE INDEX sign_on_pending_subject ON sign_on_pending (provider_id, subject);

-- By which a provider's directory is let in. It speaks for that provider alone.
CREATE TABLE scim_token (
    id UUID PRIMARY KEY,
    provider_id UUID NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX scim_token_hash ON scim_token (hash);
CREATE INDEX scim_token_provider ON scim_token (provider_id);

-- A user as the directory has it. It stands before its account, which is made once its groups give it a role.
CREATE TABLE scim_user (
    id UUID PRIMARY KEY,
    provider_id UUID NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    user_id UUID,
    external_id TEXT NOT NULL,
    user_key TEXT NOT NULL,
    email TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    resource JSONB NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    FOREIGN KEY (provider_id, user_id) REFERENCES identity_link (provider_id, user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX scim_user_key ON scim_user (provider_id, user_key);
CREATE UNIQUE INDEX scim_user_external ON scim_user (provider_id, external_id) WHERE external_id <> '';
CREATE UNIQUE INDEX scim_user_email ON scim_user (provider_id, email);
CREATE UNIQUE INDEX scim_user_account ON scim_user (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX scim_user_order ON scim_user (provider_id, created_at, id);

CREATE TABLE scim_group (
    id UUID PRIMARY KEY,
    provider_id UUID NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX scim_group_name ON scim_group (provider_id, name_key);
CREATE UNIQUE INDEX scim_group_external ON scim_group (provider_id, external_id) WHERE external_id <> '';
CREATE INDEX scim_group_order ON scim_group (provider_id, created_at, id);

CREATE TABLE scim_member (
    group_id UUID NOT NULL REFERENCES scim_group (id) ON DELETE CASCADE,
    member_id UUID NOT NULL REFERENCES scim_user (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, member_id)
);
CREATE INDEX scim_member_of ON scim_member (member_id);

-- +goose Down
DROP TABLE scim_member;
DROP TABLE scim_group;
DROP TABLE scim_user;
DROP TABLE scim_token;
DROP TABLE sign_on_pending;
DELETE FROM identity_link WHERE subject = '';
DROP INDEX identity_link_subject;
CREATE UNIQUE INDEX identity_link_subject ON identity_link (provider_id, issuer, subject);
ALTER TABLE identity_link DROP COLUMN group_names;
ALTER TABLE identity_provider DROP COLUMN factor_values;
ALTER TABLE identity_provider DROP COLUMN second_factor;
