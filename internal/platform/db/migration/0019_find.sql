-- +goose Up
-- The terms of a CI with its name in the key: what one term finds is read in the order of names, without sorting. The first column
-- is the customer, so that a search of one customer never reads past another's. Words of a name and whole texts have prefixes of
-- their own ("w:shop", "n:shop-77"): few terms begin with a common word. Made anew from the CIs when the server starts.
DROP TABLE ci_term;
CREATE TABLE ci_term (
    customer_id UUID NOT NULL,
    term TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    ci_id UUID NOT NULL,
    PRIMARY KEY (customer_id, term, name, ci_id)
) WITHOUT ROWID;

-- The words of the terms once more, on the row itself: a list that is walked in another order asks there. Empty: not made yet.
ALTER TABLE ci ADD COLUMN words TEXT NOT NULL DEFAULT '';
CREATE INDEX ci_unread ON ci (customer_id, id) WHERE words = '';

-- Fields whose rare values lists filter by. Most CIs have no owner and no criticality, and are active.
CREATE INDEX ci_region ON ci (customer_id, region);
CREATE INDEX ci_environment ON ci (customer_id, environment) WHERE environment <> '';
CREATE INDEX ci_criticality ON ci (customer_id, criticality) WHERE criticality <> '';
CREATE INDEX ci_owner ON ci (customer_id, owner) WHERE owner <> '';
CREATE INDEX ci_status ON ci (customer_id, status) WHERE status <> 'active';

-- +goose Down
DROP INDEX ci_status;
DROP INDEX ci_owner;
DROP INDEX ci_criticality;
DROP INDEX ci_environment;
DROP INDEX ci_region;
DROP INDEX ci_unread;
ALTER TABLE ci DROP COLUMN words;
DROP TABLE ci_term;
CREATE TABLE ci_term (
    customer_id UUID NOT NULL,
    term TEXT COLLATE "C" NOT NULL,
    ci_id UUID NOT NULL,
    PRIMARY KEY (term, customer_id, ci_id)
) WITHOUT ROWID;
CREATE INDEX ci_term_ci ON ci_term (customer_id, ci_id, term); -- PostgreSQL only
