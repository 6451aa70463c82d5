-- +goose Up
-- Numbers of issued estimates, which never come twice in an instance: one row.
CREATE TABLE estimate_number (
    id BIGINT PRIMARY KEY,
    last BIGINT NOT NULL
);

-- What a service would cost a customer. Sums are those of the version that is current, in the smallest coin of the currency, for lists.
CREATE TABLE estimate (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    reference TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    assessment_id UUID,
    replaces_id UUID,
    latest BIGINT NOT NULL,
    tier TEXT NOT NULL,
    currency TEXT NOT NULL,
    setup_low BIGINT NOT NULL,
    setup_likely BIGINT NOT NULL,
    setup_high BIGINT NOT NULL,
    month_low BIGINT NOT NULL,
    month_likely BIGINT NOT NULL,
    month_high BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    issued_at BIGINT,
    issued_by TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, replaces_id) REFERENCES estimate (customer_id, id)
);
CREATE UNIQUE INDEX estimate_reference ON estimate (customer_id, reference) WHERE reference <> '';
CREATE INDEX estimate_replaces ON estimate (customer_id, replaces_id) WHERE replaces_id IS NOT NULL;
CREATE INDEX estimate_created ON estimate (created_at, id);
CREATE INDEX estimate_updated ON estimate (updated_at, id);
CREATE INDEX estimate_title ON estimate (title, id);
CREATE INDEX estimate_setup ON estimate (setup_likely, id);
CREATE INDEX estimate_month ON estimate (month_likely, id);

-- Each computation, with all that it was made of, so that it can be made again whatever becomes of the model and the answers.
CREATE TABLE estimate_version (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    estimate_id UUID NOT NULL,
    number BIGINT NOT NULL,
    model_id TEXT NOT NULL,
    model_version TEXT NOT NULL,
    model_hash TEXT NOT NULL,
    model JSONB NOT NULL,
    answers JSONB NOT NULL,
    what_if JSONB NOT NULL,
    result JSONB NOT NULL,
    note TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, estimate_id, number),
    FOREIGN KEY (customer_id, estimate_id) REFERENCES estimate (customer_id, id) ON DELETE CASCADE
);

-- +goose Down
DROP TABLE estimate_version;
DROP TABLE estimate;
DROP TABLE estimate_number;
