-- +goose Up
-- The log over all customers: numbers and hashes only. It is the instance's, and outlives the entries of a customer who was removed.
CREATE TABLE audit_log (
    id BIGINT PRIMARY KEY,
    size BIGINT NOT NULL
);

-- Entries that are committed and have no number yet. Written with the entry, so that none can be passed over, however late it commits.
CREATE TABLE audit_pending (
    entry_id UUID NOT NULL,
    of_customer UUID NOT NULL,
    PRIMARY KEY (entry_id, of_customer)
);
INSERT INTO audit_pending (entry_id, of_customer) SELECT id, customer_id FROM audit_entry;

CREATE TABLE audit_leaf (
    seq BIGINT PRIMARY KEY,
    of_customer UUID NOT NULL,
    entry_id UUID NOT NULL,
    digest TEXT NOT NULL
);
CREATE UNIQUE INDEX audit_leaf_entry ON audit_leaf (entry_id, of_customer);

CREATE TABLE audit_hash (
    idx BIGINT PRIMARY KEY,
    hash TEXT NOT NULL
);

CREATE TABLE audit_key (
    id TEXT PRIMARY KEY,
    public TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE audit_checkpoint (
    size BIGINT PRIMARY KEY,
    previous BIGINT NOT NULL,
    root TEXT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    kept_at BIGINT
);

CREATE TABLE approval (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    purpose TEXT NOT NULL,
    record_type TEXT NOT NULL,
    record_id TEXT NOT NULL,
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    statement TEXT NOT NULL,
    roles JSONB NOT NULL,
    requested_by TEXT NOT NULL,
    requested_by_name TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    expires_at BIGINT,
    state TEXT NOT NULL,
    signer_id TEXT NOT NULL,
    signer_name TEXT NOT NULL,
    method TEXT NOT NULL,
    closed_at BIGINT,
    reason TEXT NOT NULL,
    entry_id UUID,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE UNIQUE INDEX approval_id ON approval (id);
CREATE INDEX approval_requested ON approval (requested_at, id);
CREATE INDEX approval_record ON approval (customer_id, record_type, record_id, id);
CREATE INDEX approval_late ON approval (expires_at) WHERE state = 'requested';

-- The trail of a person, and of an address.
CREATE INDEX audit_entry_actor ON audit_entry (actor_id, id);

-- +goose Down
DROP INDEX audit_entry_actor;
DROP TABLE approval;
DROP TABLE audit_checkpoint;
DROP TABLE audit_key;
DROP TABLE audit_hash;
DROP TABLE audit_leaf;
DROP TABLE audit_pending;
DROP TABLE audit_log;
