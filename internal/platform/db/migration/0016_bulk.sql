-- +goose Up
-- What one person did to several records at once (or to one, with a way back), one row for each customer whom it touched: id is the
-- decision, which may have parts in several customers; part_id is the part.
CREATE TABLE bulk_edit (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    part_id UUID NOT NULL,
    id UUID NOT NULL,
    list TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    selection TEXT NOT NULL,
    changes JSONB NOT NULL,
    changed BIGINT NOT NULL,
    equal BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    restored BIGINT NOT NULL,
    kept BIGINT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    undo_until BIGINT NOT NULL,
    undone_at BIGINT,
    undone_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, part_id)
);
CREATE INDEX bulk_edit_decision ON bulk_edit (id);
CREATE INDEX bulk_edit_time ON bulk_edit (created_at);

-- What came of each record: what was written with what stood there before, or why it was refused; and what the undo did.
CREATE TABLE bulk_edit_item (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    part_id UUID NOT NULL,
    place BIGINT NOT NULL,
    record_id UUID NOT NULL,
    name TEXT NOT NULL,
    outcome TEXT NOT NULL,
    cells JSONB NOT NULL,
    faults JSONB NOT NULL,
    PRIMARY KEY (customer_id, part_id, place),
    FOREIGN KEY (customer_id, part_id) REFERENCES bulk_edit (customer_id, part_id) ON DELETE CASCADE
);

-- +goose Down
DROP TABLE bulk_edit_item;
DROP TABLE bulk_edit;
