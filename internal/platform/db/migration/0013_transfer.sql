-- +goose Up
-- The order to remove a customer outlives the customer: it belongs to the instance, and keeps the signed receipt and what was removed.
CREATE TABLE customer_removal (
    id UUID PRIMARY KEY,
    customer_id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    export_digest TEXT NOT NULL,
    approval_id TEXT NOT NULL,
    receipt TEXT NOT NULL,
    counts JSONB NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    ordered_by TEXT NOT NULL,
    ordered_at BIGINT,
    finished_at BIGINT,
    version BIGINT NOT NULL
);
CREATE INDEX customer_removal_customer ON customer_removal (customer_id);
CREATE UNIQUE INDEX customer_removal_open ON customer_removal (customer_id) WHERE state IN ('requested', 'ordered');
CREATE INDEX customer_removal_state ON customer_removal (state);

-- +goose Down
DROP TABLE customer_removal;
