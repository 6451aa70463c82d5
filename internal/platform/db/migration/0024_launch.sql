-- +goose Up
-- How a customer came through its phases; for customers from before it begins with the phase that they are in, since they were added.
CREATE TABLE customer_phase (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    phase TEXT NOT NULL,
    since BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX customer_phase_since ON customer_phase (customer_id, since, id);
INSERT INTO customer_phase (customer_id, id, phase, since, by_name)
    SELECT id, id, phase, created_at, '' FROM customer;

-- One of the six documents of the service of a customer. number is that of its latest version.
CREATE TABLE deliverable (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    language TEXT NOT NULL,
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, kind)
);
CREATE INDEX deliverable_title ON deliverable (customer_id, title, id);
CREATE INDEX deliverable_title_across ON deliverable (title, id);
CREATE INDEX deliverable_kind ON deliverable (kind, id);
CREATE INDEX deliverable_updated ON deliverable (updated_at, id);

-- What a version says, and what the live data said when it was last filled from them: between the two stand the edits by hand. Its state is
-- that of its approval.
CREATE TABLE deliverable_version (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    deliverable_id UUID NOT NULL,
    number BIGINT NOT NULL,
    data JSONB NOT NULL,
    filled JSONB NOT NULL,
    filled_at BIGINT NOT NULL,
    note TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    approval_id UUID,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, deliverable_id, number),
    FOREIGN KEY (customer_id, deliverable_id) REFERENCES deliverable (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, approval_id) REFERENCES approval (customer_id, id)
);
CREATE INDEX deliverable_version_approval ON deliverable_version (customer_id, approval_id);

-- The start of the service of a customer. evidence is the very text that both sides sign, sha256 its hash.
CREATE TABLE launch (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    target_on TEXT NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL,
    evidence TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    customer_approval UUID,
    provider_approval UUID,
    launched_at BIGINT,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, customer_approval) REFERENCES approval (customer_id, id),
    FOREIGN KEY (customer_id, provider_approval) REFERENCES approval (customer_id, id)
);
CREATE UNIQUE INDEX launch_open ON launch (customer_id) WHERE state IN ('planned', 'ready', 'signing');
CREATE INDEX launch_target ON launch (customer_id, target_on, id);
CREATE INDEX launch_target_across ON launch (target_on, id);
CREATE INDEX launch_created ON launch (created_at, id);
CREATE INDEX launch_customer_approval ON launch (customer_id, customer_approval);
CREATE INDEX launch_provider_approval ON launch (customer_id, provider_approval);
-- Customers that were served before launches were kept.
INSERT INTO launch (customer_id, id, title, target_on, note, state, evidence, sha256, launched_at, reason, created_by, version, created_at, updated_at)
    SELECT id, id, name, '', '', 'launched', '', '', updated_at, '', '', 1, updated_at, updated_at FROM customer WHERE phase = 'live';

-- A condition of a launch that the customer does without for a time, by a signature.
CREATE TABLE launch_waiver (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    condition_key TEXT NOT NULL,
    title TEXT NOT NULL,
    reason TEXT NOT NULL,
    owner TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    approval_id UUID NOT NULL,
    revoked_at BIGINT,
    created_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, approval_id) REFERENCES approval (customer_id, id)
);
CREATE INDEX launch_waiver_created ON launch_waiver (created_at, id);
CREATE INDEX launch_waiver_expires ON launch_waiver (expires_at, id);
CREATE INDEX launch_waiver_approval ON launch_waiver (customer_id, approval_id);

-- A condition that no machine can check, as somebody has found it.
CREATE TABLE launch_tick (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    condition_key TEXT NOT NULL,
    note TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, condition_key)
);

-- +goose Down
DROP TABLE launch_tick;
DROP TABLE launch_waiver;
DROP TABLE launch;
DROP TABLE deliverable_version;
DROP TABLE deliverable;
DROP TABLE customer_phase;
