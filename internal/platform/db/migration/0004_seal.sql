-- +goose Up
CREATE TABLE master_key (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    since BIGINT NOT NULL
);
CREATE UNIQUE INDEX master_key_current ON master_key (state) WHERE state = 'current';

-- customer_id is the zero UUID for the instance's own keys, as in audit_entry.
CREATE TABLE data_key (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    wrapped TEXT NOT NULL,
    master_id TEXT NOT NULL REFERENCES master_key (id),
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    PRIMARY KEY (customer_id, id)
);
CREATE UNIQUE INDEX data_key_current ON data_key (customer_id) WHERE state = 'current';
CREATE INDEX data_key_master ON data_key (master_id, customer_id, id);

-- +goose Down
DROP TABLE data_key;
DROP TABLE master_key;
