-- +goose Up
-- A large list as it was at one moment, so that any number of conditions are met by a few reads: bitmaps over its rows in the order
-- of names. What was written since then stands in segment_fresh, by triggers, so that no way of writing can forget it. All of this is
-- derived: without it a list is only slower. See kit/segment.
CREATE TABLE segment (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    generation BIGINT NOT NULL,
    records BIGINT NOT NULL,
    built_at BIGINT NOT NULL,
    -- Until then somebody is at building the next one.
    leased_until BIGINT NOT NULL,
    PRIMARY KEY (customer_id, list)
);

-- The rows that have a term, as a bitmap of their places (Roaring, portable format).
CREATE TABLE segment_bits (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    generation BIGINT NOT NULL,
    term TEXT COLLATE "C" NOT NULL,
    bits BYTEA NOT NULL,
    PRIMARY KEY (customer_id, list, generation, term)
);

-- Names and ids of the rows, some hundred to a block.
CREATE TABLE segment_block (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    generation BIGINT NOT NULL,
    block BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL, -- of the first row
    entries BYTEA NOT NULL,
    PRIMARY KEY (customer_id, list, generation, block)
);
CREATE INDEX segment_block_name ON segment_block (customer_id, list, generation, name, block);

CREATE TABLE segment_fresh (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    record_id UUID NOT NULL,
    mark BIGINT NOT NULL, -- counts the writes, so that a build takes away only what it has seen
    PRIMARY KEY (customer_id, list, record_id)
) WITHOUT ROWID;

INSERT INTO segment_fresh (customer_id, list, record_id, mark) SELECT customer_id, 'ci', id, 1 FROM ci;

-- begin PostgreSQL
-- +goose StatementBegin
CREATE FUNCTION segment_touch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
    IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF;
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM customer WHERE id = r.customer_id) THEN RETURN NULL; END IF;
    INSERT INTO segment_fresh AS f (customer_id, list, record_id, mark) VALUES (r.customer_id, TG_ARGV[0], r.id, 1)
        ON CONFLICT (customer_id, list, record_id) DO UPDATE SET mark = f.mark + 1;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ci_touch_row AFTER INSERT OR DELETE ON ci FOR EACH ROW EXECUTE FUNCTION segment_touch('ci');
CREATE TRIGGER ci_touch_change AFTER UPDATE ON ci FOR EACH ROW
WHEN ((OLD.name, OLD.words, OLD.tags, OLD.type, OLD.account, OLD.region, OLD.status, OLD.environment, OLD.criticality, OLD.owner)
    IS DISTINCT FROM (NEW.name, NEW.words, NEW.tags, NEW.type, NEW.account, NEW.region, NEW.status, NEW.environment, NEW.criticality, NEW.owner))
EXECUTE FUNCTION segment_touch('ci');
-- end PostgreSQL

-- begin SQLite
-- +goose StatementBegin
CREATE TRIGGER ci_touch_insert AFTER INSERT ON ci BEGIN
    INSERT INTO segment_fresh (customer_id, list, record_id, mark) VALUES (NEW.customer_id, 'ci', NEW.id, 1)
        ON CONFLICT (customer_id, list, record_id) DO UPDATE SET mark = mark + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ci_touch_change AFTER UPDATE ON ci
WHEN (OLD.name, OLD.words, OLD.tags, OLD.type, OLD.account, OLD.region, OLD.status, OLD.environment, OLD.criticality, OLD.owner)
    IS NOT (NEW.name, NEW.words, NEW.tags, NEW.type, NEW.account, NEW.region, NEW.status, NEW.environment, NEW.criticality, NEW.owner) BEGIN
    INSERT INTO segment_fresh (customer_id, list, record_id, mark) VALUES (NEW.customer_id, 'ci', NEW.id, 1)
        ON CONFLICT (customer_id, list, record_id) DO UPDATE SET mark = mark + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ci_touch_delete AFTER DELETE ON ci WHEN EXISTS (SELECT 1 FROM customer WHERE id = OLD.customer_id) BEGIN
    INSERT INTO segment_fresh (customer_id, list, record_id, mark) VALUES (OLD.customer_id, 'ci', OLD.id, 1)
        ON CONFLICT (customer_id, list, record_id) DO UPDATE SET mark = mark + 1;
END;
-- +goose StatementEnd
-- end SQLite

-- +goose Down
-- begin PostgreSQL
DROP TRIGGER ci_touch_row ON ci;
DROP TRIGGER ci_touch_change ON ci;
DROP FUNCTION segment_touch();
-- end PostgreSQL
-- begin SQLite
DROP TRIGGER ci_touch_insert;
DROP TRIGGER ci_touch_change;
DROP TRIGGER ci_touch_delete;
-- end SQLite
DROP TABLE segment_fresh;
DROP TABLE segment_block;
DROP TABLE segment_bits;
DROP TABLE segment;
