-- +goose Up
-- The figures of a large estate as a tick has counted them; see cmdb.figures. Derived.
CREATE TABLE ci_figures (
    customer_id UUID NOT NULL PRIMARY KEY REFERENCES customer (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    change_id UUID,
    accuracy JSONB NOT NULL,
    counts JSONB NOT NULL
);

-- +goose Down
DROP TABLE ci_figures;
