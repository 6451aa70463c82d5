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

-- The trail of a person, and of an address.
CREATE INDEX audit_entry_actor ON audit_entry (actor_id, id);

-- +goose Down
DROP INDEX audit_entry_actor;
DROP TABLE audit_checkpoint;
DROP TABLE audit_key;
DROP TABLE audit_hash;
DROP TABLE audit_leaf;
DROP TABLE audit_pending;
DROP TABLE audit_log;
