-- +goose Up
-- What the provider must be let into, who gives it, and how it is proved.
CREATE TABLE access_check (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    area TEXT NOT NULL,
    state TEXT NOT NULL,
    needed TEXT NOT NULL,
    giver_id UUID,
    due_on TEXT NOT NULL,
    proof TEXT NOT NULL,
    target TEXT NOT NULL,
    valid_days BIGINT,
    seen TEXT NOT NULL,
    seen_what TEXT NOT NULL,
    seen_at BIGINT,
    looked_at BIGINT,
    proved_by TEXT NOT NULL,
    proof_note TEXT NOT NULL,
    template TEXT NOT NULL,
    note TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, giver_id) REFERENCES contact (customer_id, id)
);
CREATE INDEX access_check_name ON access_check (customer_id, name, id);
CREATE INDEX access_check_name_across ON access_check (name, id);
CREATE INDEX access_check_due ON access_check (customer_id, due_on, id);
CREATE INDEX access_check_state ON access_check (customer_id, state, id);
CREATE INDEX access_check_giver ON access_check (customer_id, giver_id);

-- What the customer says it has, beside what discovery counts.
CREATE TABLE declared_inventory (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    declared BIGINT,
    source TEXT NOT NULL,
    explanation TEXT NOT NULL,
    accepted_by TEXT NOT NULL,
    accepted_at BIGINT,
    accepted_count BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE UNIQUE INDEX declared_inventory_kind ON declared_inventory (customer_id, kind);
CREATE INDEX declared_inventory_across ON declared_inventory (kind, id);

-- What is not deployed yet and will be.
CREATE TABLE target_item (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    number BIGINT,
    expected_on TEXT NOT NULL,
    workload_id UUID,
    note TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, workload_id) REFERENCES workload (customer_id, id)
);
CREATE INDEX target_item_name ON target_item (customer_id, name, id);
CREATE INDEX target_item_name_across ON target_item (name, id);
CREATE INDEX target_item_expected ON target_item (customer_id, expected_on, id);
CREATE INDEX target_item_workload ON target_item (customer_id, workload_id);

-- The estate as it was at one instant: a head, and one row a CI.
CREATE TABLE baseline (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    taken_by TEXT NOT NULL,
    cis BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX baseline_taken ON baseline (customer_id, taken_at, id);
CREATE INDEX baseline_taken_across ON baseline (taken_at, id);

CREATE TABLE baseline_item (
    customer_id UUID NOT NULL,
    baseline_id UUID NOT NULL,
    ci_id UUID NOT NULL,
    type TEXT NOT NULL,
    external_id TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    environment TEXT NOT NULL,
    name TEXT NOT NULL,
    print TEXT NOT NULL,
    PRIMARY KEY (customer_id, baseline_id, ci_id),
    FOREIGN KEY (customer_id, baseline_id) REFERENCES baseline (customer_id, id) ON DELETE CASCADE
) WITHOUT ROWID;

-- +goose Down
DROP TABLE baseline_item;
DROP TABLE baseline;
DROP TABLE target_item;
DROP TABLE declared_inventory;
DROP TABLE access_check;
