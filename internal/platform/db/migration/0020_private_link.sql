-- +goose Up
-- A private link: what somebody without an account reaches one record by, for one purpose. Of its secret only the hash is here.
CREATE TABLE private_link (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    hash TEXT NOT NULL,
    purpose TEXT NOT NULL,
    record_type TEXT NOT NULL,
    record_id UUID NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    language TEXT NOT NULL,
    parts JSONB NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_by TEXT NOT NULL,
    opened BIGINT NOT NULL,
    last_used_at BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE UNIQUE INDEX private_link_hash ON private_link (hash);
CREATE INDEX private_link_record ON private_link (record_type, record_id, id);

-- +goose Down
DROP TABLE private_link;
