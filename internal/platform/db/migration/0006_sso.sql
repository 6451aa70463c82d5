-- +goose Up
-- Who may vouch for people: the instance's own providers, and those of customers.
CREATE TABLE identity_provider (
    id UUID PRIMARY KEY,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    button TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret TEXT NOT NULL,
    scopes TEXT NOT NULL,
    groups_claim TEXT NOT NULL,
    customer_id UUID REFERENCES customer (id) ON DELETE CASCADE,
    default_role TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX identity_provider_slug ON identity_provider (slug);
CREATE INDEX identity_provider_customer ON identity_provider (customer_id);

CREATE TABLE identity_domain (
    domain TEXT PRIMARY KEY,
    provider_id UUID NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE
);
CREATE INDEX identity_domain_provider ON identity_domain (provider_id);

CREATE TABLE identity_rule (
    id UUID PRIMARY KEY,
    provider_id UUID NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    group_name TEXT NOT NULL,
    role TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX identity_rule_order ON identity_rule (provider_id, position, id);

CREATE TABLE identity_rule_customer (
    rule_id UUID NOT NULL REFERENCES identity_rule (id) ON DELETE CASCADE,
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    PRIMARY KEY (rule_id, customer_id)
);

-- Whom a provider vouches for. barred says that the provider took the access away.
CREATE TABLE identity_link (
    provider_id UUID NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    barred TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (provider_id, user_id)
);
CREATE UNIQUE INDEX identity_link_subject ON identity_link (provider_id, issuer, subject);
CREATE INDEX identity_link_user ON identity_link (user_id);

-- A sign-on that has begun: works once, for minutes, in the browser that holds the cookie.
CREATE TABLE sign_on_request (
    state_hash TEXT PRIMARY KEY,
    provider_id UUID NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    cookie_hash TEXT NOT NULL,
    purpose TEXT NOT NULL,
    user_id UUID REFERENCES app_user (id) ON DELETE CASCADE,
    via TEXT NOT NULL,
    next TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_on_request_expiry ON sign_on_request (expires_at);
CREATE INDEX sign_on_request_address ON sign_on_request (address);

-- What signing out at the provider needs of a session.
CREATE TABLE sign_on_session (
    session_key TEXT PRIMARY KEY REFERENCES session (id_hash) ON DELETE CASCADE,
    provider_id UUID NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    sid TEXT NOT NULL,
    id_token TEXT NOT NULL
);
CREATE INDEX sign_on_session_subject ON sign_on_session (provider_id, subject);

-- Logout tokens that were taken, so that none works twice.
CREATE TABLE sign_on_logout (
    provider_id UUID NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, token_hash)
);
CREATE INDEX sign_on_logout_expiry ON sign_on_logout (expires_at);

-- +goose Down
DROP TABLE sign_on_logout;
DROP TABLE sign_on_session;
DROP TABLE sign_on_request;
DROP TABLE identity_link;
DROP TABLE identity_rule_customer;
DROP TABLE identity_rule;
DROP TABLE identity_domain;
DROP TABLE identity_provider;
