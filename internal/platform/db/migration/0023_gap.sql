-- +goose Up
-- One evaluation of a customer's estate by the controls.
CREATE TABLE gap_run (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    state TEXT NOT NULL,
    trigger TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    discovery_run_id UUID,
    controls BIGINT NOT NULL,
    subjects BIGINT NOT NULL,
    counts JSONB NOT NULL,
    changed BIGINT NOT NULL,
    drifted BIGINT NOT NULL,
    message TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX gap_run_created ON gap_run (customer_id, created_at, id);
CREATE INDEX gap_run_created_across ON gap_run (created_at, id);
CREATE INDEX gap_run_open ON gap_run (customer_id, state) WHERE finished_at IS NULL;

-- The current verdict of one control on one subject. judged is the engine's word; verdict is what counts, accepted failures included.
CREATE TABLE gap (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    control TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    subject_name TEXT NOT NULL,
    ci_id UUID,
    workload_id UUID,
    account TEXT NOT NULL,
    environment TEXT NOT NULL,
    area TEXT NOT NULL,
    severity TEXT NOT NULL,
    severity_rank BIGINT NOT NULL,
    judged TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence JSONB NOT NULL,
    digest TEXT NOT NULL,
    measure_id UUID,
    acceptance_id UUID,
    run_id UUID NOT NULL,
    since BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, ci_id) REFERENCES ci (customer_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX gap_subject ON gap (customer_id, subject_id, control);
CREATE INDEX gap_severity ON gap (customer_id, severity_rank, id);
CREATE INDEX gap_severity_across ON gap (severity_rank, id);
CREATE INDEX gap_open ON gap (customer_id, verdict, severity_rank, id);
CREATE INDEX gap_control ON gap (customer_id, control, id);
CREATE INDEX gap_since ON gap (customer_id, since, id);
CREATE INDEX gap_since_across ON gap (since, id);
CREATE INDEX gap_ci ON gap (customer_id, ci_id) WHERE ci_id IS NOT NULL;
CREATE INDEX gap_workload ON gap (customer_id, workload_id) WHERE workload_id IS NOT NULL;
CREATE INDEX gap_measure ON gap (customer_id, measure_id) WHERE measure_id IS NOT NULL;

-- Every change of a verdict.
CREATE TABLE gap_change (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    gap_id UUID NOT NULL,
    run_id UUID,
    at BIGINT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    reason TEXT NOT NULL,
    drift BOOLEAN NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, gap_id) REFERENCES gap (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX gap_change_gap ON gap_change (customer_id, gap_id, id);

-- How many verdicts there are of each sort: what the heat map and the coverage show. Made anew after each evaluation.
CREATE TABLE gap_summary (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    control TEXT NOT NULL,
    workload_id UUID,
    area TEXT NOT NULL,
    severity TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);

-- A failure that the customer lives with: by whom, why, until when.
CREATE TABLE acceptance (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    gap_id UUID NOT NULL,
    reason TEXT NOT NULL,
    until BIGINT NOT NULL,
    state TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    approval_id UUID NOT NULL,
    signed_by TEXT NOT NULL,
    signed_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, gap_id) REFERENCES gap (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX acceptance_gap ON acceptance (customer_id, gap_id, id);
CREATE INDEX acceptance_created ON acceptance (customer_id, created_at, id);
CREATE INDEX acceptance_created_across ON acceptance (created_at, id);
CREATE INDEX acceptance_until ON acceptance (until) WHERE state = 'signed';

-- +goose Down
DROP TABLE acceptance;
DROP TABLE gap_summary;
DROP TABLE gap_change;
DROP TABLE gap;
DROP TABLE gap_run;
