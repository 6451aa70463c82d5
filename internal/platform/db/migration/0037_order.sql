-- +goose Up
-- What is new in an estate, and what changed in all of them: orders of lists. When a CI was seen last has no index on purpose, see
-- the fill factor of ci.
CREATE INDEX ci_first_seen ON ci (customer_id, first_seen, id);
CREATE INDEX ci_first_seen_across ON ci (first_seen, id);
CREATE INDEX ci_updated_across ON ci (updated_at, id);

-- The rows of a segment in the order of a moment, some thousand to a piece.
CREATE TABLE segment_order (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    generation BIGINT NOT NULL,
    field TEXT NOT NULL,
    piece BIGINT NOT NULL,
    at BIGINT NOT NULL, -- of the first row, with its id
    record_id UUID NOT NULL,
    stamps BYTEA NOT NULL,
    PRIMARY KEY (customer_id, list, generation, field, piece)
);
CREATE INDEX segment_order_at ON segment_order (customer_id, list, generation, field, at, record_id, piece);

-- What was written after this moment a segment may not know.
ALTER TABLE segment ADD COLUMN moved_since BIGINT NOT NULL DEFAULT 0;

-- Those that are there have no orders. The next are built from what is fresh.
DELETE FROM segment_bits;
DELETE FROM segment_block;
DELETE FROM segment;
INSERT INTO segment_fresh (customer_id, list, record_id, mark) SELECT customer_id, 'ci', id, 1 FROM ci WHERE TRUE
    ON CONFLICT (customer_id, list, record_id) DO UPDATE SET mark = segment_fresh.mark + 1;

-- +goose Down
ALTER TABLE segment DROP COLUMN moved_since;
DROP TABLE segment_order;
DROP INDEX ci_updated_across;
DROP INDEX ci_first_seen_across;
DROP INDEX ci_first_seen;
