-- +goose Up
-- A date by which a part of the estate is ready.
CREATE TABLE milestone (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    component TEXT NOT NULL,
    workload_id UUID,
    due TEXT NOT NULL,
    state TEXT NOT NULL,
    description TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, workload_id) REFERENCES workload (customer_id, id)
);
CREATE INDEX milestone_name ON milestone (customer_id, name, id);
CREATE INDEX milestone_name_across ON milestone (name, id);
CREATE INDEX milestone_due ON milestone (customer_id, due, id);
CREATE INDEX milestone_workload ON milestone (customer_id, workload_id);

-- What is done about gaps. control, risk, points, why and closed_* are set by the room, the rest by people.
CREATE TABLE measure (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    priority TEXT NOT NULL,
    side TEXT NOT NULL,
    owner_id UUID REFERENCES app_user (id),
    contact_id UUID,
    workload_id UUID,
    milestone_id UUID,
    effort_minutes BIGINT,
    cost TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    due TEXT NOT NULL,
    description TEXT NOT NULL,
    control TEXT NOT NULL,
    risk BIGINT NOT NULL,
    points BIGINT NOT NULL,
    why JSONB NOT NULL,
    closed_at BIGINT,
    closed_by TEXT NOT NULL,
    closed_how TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, contact_id) REFERENCES contact (customer_id, id),
    FOREIGN KEY (customer_id, workload_id) REFERENCES workload (customer_id, id),
    FOREIGN KEY (customer_id, milestone_id) REFERENCES milestone (customer_id, id)
);
CREATE INDEX measure_title ON measure (customer_id, title, id);
CREATE INDEX measure_title_across ON measure (title, id);
CREATE INDEX measure_priority ON measure (customer_id, priority, id);
CREATE INDEX measure_priority_across ON measure (priority, id);
CREATE INDEX measure_due ON measure (customer_id, due, id);
CREATE INDEX measure_contact ON measure (customer_id, contact_id);
CREATE INDEX measure_workload ON measure (customer_id, workload_id);
CREATE INDEX measure_milestone ON measure (customer_id, milestone_id);

-- needs_id comes before measure_id.
CREATE TABLE measure_need (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    measure_id UUID NOT NULL,
    needs_id UUID NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, measure_id) REFERENCES measure (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, needs_id) REFERENCES measure (customer_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX measure_need_once ON measure_need (customer_id, measure_id, needs_id);
CREATE INDEX measure_need_needs ON measure_need (customer_id, needs_id);

-- +goose Down
DROP TABLE measure_need;
DROP TABLE measure;
DROP TABLE milestone;
