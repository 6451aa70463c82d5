-- +goose Up
CREATE TABLE app_user (
    id UUID PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    customer_id UUID,
    limited BOOLEAN NOT NULL,
    language TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    theme TEXT NOT NULL,
    disabled_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX app_user_email ON app_user (email);

CREATE TABLE customer (
    id UUID PRIMARY KEY,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    country TEXT NOT NULL,
    language TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    phase TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX customer_slug ON customer (slug);
CREATE INDEX customer_name ON customer (name, id);
CREATE INDEX customer_created ON customer (created_at, id);

CREATE TABLE user_customer (
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, customer_id)
);

CREATE TABLE session (
    id_hash TEXT PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE api_token (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    role TEXT NOT NULL,
    customer_id UUID,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX api_token_hash ON api_token (hash);
CREATE INDEX api_token_user ON api_token (user_id);

CREATE TABLE sign_in_attempt (
    key TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    blocked_until BIGINT
);

CREATE TABLE idempotency (
    actor_id TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    header TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (actor_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE outbox (
    id UUID PRIMARY KEY,
    topic TEXT NOT NULL,
    unique_key TEXT NOT NULL,
    customer_id UUID,
    payload JSONB NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    done_at BIGINT,
    attempts BIGINT NOT NULL,
    last_error TEXT NOT NULL
);
CREATE UNIQUE INDEX outbox_key ON outbox (topic, unique_key);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

CREATE TABLE audit_entry (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    via TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    record_type TEXT NOT NULL,
    record_id TEXT NOT NULL,
    record_name TEXT NOT NULL,
    before JSONB,
    after JSONB,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX audit_entry_record ON audit_entry (customer_id, record_type, record_id, id);
CREATE INDEX audit_entry_time ON audit_entry (id);

-- +goose Down
DROP TABLE audit_entry;
DROP TABLE outbox;
DROP TABLE idempotency;
DROP TABLE sign_in_attempt;
DROP TABLE api_token;
DROP TABLE session;
DROP TABLE user_customer;
DROP TABLE customer;
DROP TABLE app_user;
