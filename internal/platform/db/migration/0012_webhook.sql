-- +goose Up
CREATE TABLE webhook (
    customer_id UUID NOT NULL REFERENCES customer (id),
    id UUID NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    events JSONB NOT NULL,
    state TEXT NOT NULL,
    secret TEXT NOT NULL DEFAULT '',
    old_secret TEXT NOT NULL DEFAULT '',
    old_until BIGINT,
    failing_since BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX webhook_name ON webhook (name, id);
CREATE INDEX webhook_id ON webhook (id);

CREATE TABLE webhook_delivery (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    webhook_id UUID NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT,
    attempts BIGINT NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL,
    failure TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    tried_at BIGINT,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, webhook_id) REFERENCES webhook (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_delivery_of ON webhook_delivery (customer_id, webhook_id, id);
CREATE INDEX webhook_delivery_due ON webhook_delivery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_delivery_all ON webhook_delivery (created_at, id);

-- Entries of the audit trail that a webhook may want and that no delivery was made of yet.
CREATE TABLE audit_feed (
    customer_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    PRIMARY KEY (customer_id, entry_id)
);

-- +goose Down
DROP TABLE audit_feed;
DROP TABLE webhook_delivery;
DROP TABLE webhook;
