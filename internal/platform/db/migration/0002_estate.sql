-- +goose Up
CREATE TABLE contact (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    job TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX contact_name ON contact (customer_id, name, id);

CREATE TABLE workload (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    environment TEXT NOT NULL,
    criticality TEXT NOT NULL,
    owner TEXT NOT NULL,
    rule JSONB NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE UNIQUE INDEX workload_name ON workload (customer_id, name);

CREATE TABLE workload_contact (
    customer_id UUID NOT NULL,
    workload_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    PRIMARY KEY (customer_id, workload_id, contact_id),
    FOREIGN KEY (customer_id, workload_id) REFERENCES workload (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, contact_id) REFERENCES contact (customer_id, id) ON DELETE CASCADE
);

-- One AWS account that Vigie may read, on its own role or by the rule of its organisation (organization_of).
CREATE TABLE account (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    role_arn TEXT NOT NULL,
    external_id TEXT NOT NULL,
    regions JSONB NOT NULL,
    organization BOOLEAN NOT NULL,
    organization_of UUID,
    accept_open_role BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    checked_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, organization_of) REFERENCES account (customer_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX account_number ON account (customer_id, account_id);

CREATE TABLE discovery_schedule (
    customer_id UUID PRIMARY KEY REFERENCES customer (id) ON DELETE CASCADE,
    enabled BOOLEAN NOT NULL,
    every_minutes BIGINT NOT NULL,
    next_at BIGINT NOT NULL
);
CREATE INDEX discovery_schedule_due ON discovery_schedule (next_at) WHERE enabled;

CREATE TABLE discovery_run (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    state TEXT NOT NULL,
    trigger TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    account_filter TEXT NOT NULL,
    recording TEXT NOT NULL,
    cancel_requested BOOLEAN NOT NULL,
    attempt BIGINT NOT NULL,
    scopes_total BIGINT NOT NULL,
    scopes_done BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    gone BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    outcomes JSONB NOT NULL,
    message TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    heartbeat_at BIGINT,
    finished_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX discovery_run_list ON discovery_run (customer_id, created_at, id);
CREATE INDEX discovery_run_open ON discovery_run (state, heartbeat_at) WHERE finished_at IS NULL;

-- The last word about each (account, region, type), and which run said it.
CREATE TABLE coverage (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    account_id TEXT NOT NULL,
    region TEXT NOT NULL,
    type TEXT NOT NULL,
    run_id UUID NOT NULL,
    outcome TEXT NOT NULL,
    action TEXT NOT NULL,
    message TEXT NOT NULL,
    items BIGINT NOT NULL,
    pages BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, account_id, region, type)
);
CREATE INDEX coverage_list ON coverage (customer_id, account_id, id);
CREATE INDEX coverage_run ON coverage (customer_id, run_id);
CREATE INDEX coverage_outcome ON coverage (customer_id, outcome, account_id, region, type);

CREATE TABLE ci (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    type TEXT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    external_id TEXT NOT NULL,
    arn TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    status TEXT NOT NULL,
    environment TEXT NOT NULL,
    criticality TEXT NOT NULL,
    owner TEXT NOT NULL,
    workload_id UUID,
    workload_by TEXT NOT NULL,
    tags JSONB NOT NULL,
    attributes JSONB NOT NULL,
    -- Further names that edges may point at ("dns:..."); with name, ids and tags they make the terms of the CI.
    keys JSONB NOT NULL,
    -- What a person set: field -> value; discovery does not touch these. What discovery says of the same fields is in observed.
    pinned JSONB NOT NULL,
    observed JSONB NOT NULL,
    source TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    run_id UUID,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, workload_id) REFERENCES workload (customer_id, id)
);
-- Every run dates every CI: with half of each page free the new version stays on its page and no index is touched.
ALTER TABLE ci SET (fillfactor = 50); -- PostgreSQL only
CREATE UNIQUE INDEX ci_identity ON ci (customer_id, type, external_id, account, region);
CREATE INDEX ci_name ON ci (customer_id, name, id);
-- For lists across customers; those of one use the indexes that begin with the customer.
CREATE INDEX ci_name_across ON ci (name, id);
CREATE INDEX ci_updated ON ci (customer_id, updated_at, id);
CREATE INDEX ci_place ON ci (customer_id, account, region, type, status, environment);
CREATE INDEX ci_workload ON ci (customer_id, workload_id, id) WHERE workload_id IS NOT NULL;

-- An inverted index of each CI: "t:KEY=VALUE" for tags, "w:WORD" for words of name and id, "k:ARN" and "k:dns:NAME" for the keys
-- that edges point at. One table, one index, the same on both engines and usable under row-level security.
CREATE TABLE ci_term (
    customer_id UUID NOT NULL,
    term TEXT COLLATE "C" NOT NULL,
    ci_id UUID NOT NULL,
    PRIMARY KEY (term, customer_id, ci_id)
) WITHOUT ROWID;
-- In the order of names PostgreSQL asks of each CI whether it has the term; without this it reads all CIs of the term each time.
CREATE INDEX ci_term_ci ON ci_term (customer_id, ci_id, term); -- PostgreSQL only

-- The id carries the time (UUIDv7 made from "at"), so that the key is also the order in time.
CREATE TABLE ci_change (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    ci_id UUID NOT NULL,
    at BIGINT NOT NULL,
    run_id UUID,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    field TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, ci_id) REFERENCES ci (customer_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX ci_change_ci ON ci_change (customer_id, ci_id, id);
CREATE INDEX ci_change_across ON ci_change (id);

-- A relation is emitted by its owner, which is known; the other end is named by type and key and waits (NULL) until it is.
-- inbound: the owner stands at the "to" end (a subnet says which VPC contains it). The owner is always one of the two ends, so
-- that the foreign keys of these hold it too.
CREATE TABLE relation (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    type TEXT NOT NULL,
    from_id UUID,
    to_id UUID,
    owner_id UUID NOT NULL,
    inbound BOOLEAN NOT NULL,
    other_type TEXT NOT NULL,
    other_key TEXT NOT NULL,
    other_account TEXT NOT NULL,
    other_region TEXT NOT NULL,
    resolved BOOLEAN NOT NULL,
    source TEXT NOT NULL,
    -- Redundancy: edges of one CI with the same group stand for one need, of which "needed" members must be well.
    redundancy TEXT NOT NULL,
    needed BIGINT NOT NULL,
    run_id UUID,
    first_seen BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, from_id) REFERENCES ci (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, to_id) REFERENCES ci (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX relation_across ON relation (id);
CREATE INDEX relation_from ON relation (customer_id, from_id, type) WHERE from_id IS NOT NULL;
CREATE INDEX relation_to ON relation (customer_id, to_id, type) WHERE to_id IS NOT NULL;
CREATE INDEX relation_unresolved ON relation (customer_id, other_key) WHERE NOT resolved;

-- +goose Down
DROP TABLE relation;
DROP TABLE ci_change;
DROP TABLE ci_term;
DROP TABLE ci;
DROP TABLE coverage;
DROP TABLE discovery_run;
DROP TABLE discovery_schedule;
DROP TABLE account;
DROP TABLE workload_contact;
DROP TABLE workload;
DROP TABLE contact;
