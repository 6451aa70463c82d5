-- +goose Up
-- Webhooks of the instance carry the zero UUID as their customer, so that the reference to customers goes. Both tables are made anew, as
-- SQLite cannot take a constraint away; the log goes with its parent, whose rows it points at.
CREATE TABLE webhook_new (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    events JSONB NOT NULL,
    state TEXT NOT NULL,
    secret TEXT NOT NULL DEFAULT '',
    old_secret TEXT NOT NULL DEFAULT '',
    old_until BIGINT,
    failing_since BIGINT,
    disabled_why TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
INSERT INTO webhook_new (customer_id, id, name, url, events, state, secret, old_secret, old_until, failing_since, version, created_at, updated_at)
    SELECT customer_id, id, name, url, events, state, secret, old_secret, old_until, failing_since, version, created_at, updated_at FROM webhook;

CREATE TABLE webhook_delivery_new (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    webhook_id UUID NOT NULL,
    -- Whom a message of the instance's webhook is about: it goes when that customer does.
    about_id UUID REFERENCES customer (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT,
    attempts BIGINT NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL,
    failure TEXT NOT NULL,
    latency BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    tried_at BIGINT,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, webhook_id) REFERENCES webhook_new (customer_id, id) ON DELETE CASCADE
);
INSERT INTO webhook_delivery_new (customer_id, id, webhook_id, event, body, state, due_at, attempts, status, answer, failure, created_at, tried_at)
    SELECT customer_id, id, webhook_id, event, body, state, due_at, attempts, status, answer, failure, created_at, tried_at FROM webhook_delivery;
DROP TABLE webhook_delivery;
DROP TABLE webhook;
ALTER TABLE webhook_new RENAME TO webhook;
ALTER TABLE webhook_delivery_new RENAME TO webhook_delivery;
CREATE INDEX webhook_name ON webhook (name, id);
CREATE INDEX webhook_id ON webhook (id);
CREATE INDEX webhook_delivery_of ON webhook_delivery (customer_id, webhook_id, id);
CREATE INDEX webhook_delivery_due ON webhook_delivery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_delivery_all ON webhook_delivery (created_at, id);
CREATE INDEX webhook_delivery_about ON webhook_delivery (about_id) WHERE about_id IS NOT NULL;

-- The instance's webhooks that are active: a change in the scope of one customer sees here that somebody wants to be told.
CREATE TABLE webhook_instance (
    id UUID PRIMARY KEY
);

-- +goose Down
DELETE FROM webhook WHERE customer_id = '00000000-0000-0000-0000-000000000000';
DROP TABLE webhook_instance;
DROP INDEX webhook_delivery_about;
ALTER TABLE webhook_delivery DROP COLUMN latency;
ALTER TABLE webhook DROP COLUMN disabled_why;
