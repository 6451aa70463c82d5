-- +goose Up
-- A file of findings that was taken in, or a question to Security Hub.
CREATE TABLE finding_import (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    source TEXT NOT NULL,
    product TEXT NOT NULL,
    file TEXT NOT NULL,
    complete BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    counts JSONB NOT NULL,
    outcomes JSONB NOT NULL,
    message TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX finding_import_created ON finding_import (customer_id, created_at, id);
CREATE INDEX finding_import_created_across ON finding_import (created_at, id);
CREATE INDEX finding_import_open ON finding_import (customer_id, state) WHERE finished_at IS NULL;

-- What somebody else found in the customer's estate: one row for each id of the source.
CREATE TABLE finding (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    source TEXT NOT NULL,
    product TEXT NOT NULL,
    external_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    description TEXT NOT NULL,
    remedy TEXT NOT NULL,
    url TEXT NOT NULL,
    severity TEXT NOT NULL,
    severity_rank BIGINT NOT NULL,
    status TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    resource TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    frameworks JSONB NOT NULL,
    evidence JSONB NOT NULL,
    digest TEXT NOT NULL,
    import_id UUID NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, import_id) REFERENCES finding_import (customer_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX finding_external ON finding (customer_id, source, external_id);
CREATE INDEX finding_severity ON finding (customer_id, severity_rank, id);
CREATE INDEX finding_severity_across ON finding (severity_rank, id);
CREATE INDEX finding_status ON finding (customer_id, status, severity_rank, id);
CREATE INDEX finding_title ON finding (customer_id, title, id);
CREATE INDEX finding_title_across ON finding (title, id);
CREATE INDEX finding_import_of ON finding (customer_id, import_id, id);
CREATE INDEX finding_seen ON finding (customer_id, last_seen, id);
CREATE INDEX finding_seen_across ON finding (last_seen, id);

-- What a finding is about, and which control of ours says the same of it. Derived; a row goes with its CI.
CREATE TABLE finding_match (
    customer_id UUID NOT NULL,
    finding_id UUID NOT NULL,
    subject_id UUID NOT NULL,
    ci_id UUID,
    control TEXT NOT NULL,
    PRIMARY KEY (customer_id, finding_id),
    FOREIGN KEY (customer_id, finding_id) REFERENCES finding (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, ci_id) REFERENCES ci (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX finding_match_subject ON finding_match (customer_id, subject_id, control);
CREATE INDEX finding_match_ci ON finding_match (customer_id, ci_id) WHERE ci_id IS NOT NULL;

-- +goose Down
DROP TABLE finding_match;
DROP TABLE finding;
DROP TABLE finding_import;
