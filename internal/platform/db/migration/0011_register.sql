-- +goose Up
ALTER TABLE contact ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN channels JSONB NOT NULL DEFAULT '[]';
ALTER TABLE contact ADD COLUMN escalation_level BIGINT;
ALTER TABLE contact ADD COLUMN escalation_role TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN duty_hours TEXT NOT NULL DEFAULT '';
CREATE INDEX contact_name_across ON contact (name, id);

CREATE TABLE stakeholder (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    organisation TEXT NOT NULL,
    contact_id UUID,
    person_id UUID REFERENCES app_user (id),
    interest TEXT NOT NULL,
    influence TEXT NOT NULL,
    attitude TEXT NOT NULL,
    strategy TEXT NOT NULL,
    owner_id UUID REFERENCES app_user (id),
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, contact_id) REFERENCES contact (customer_id, id)
);
CREATE INDEX stakeholder_name ON stakeholder (customer_id, name, id);
CREATE INDEX stakeholder_name_across ON stakeholder (name, id);
CREATE INDEX stakeholder_contact ON stakeholder (customer_id, contact_id);

CREATE TABLE supplier (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    criticality TEXT NOT NULL,
    service TEXT NOT NULL,
    contract TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    notice_days BIGINT,
    sla TEXT NOT NULL,
    yearly_cost TEXT NOT NULL,
    certificates JSONB NOT NULL,
    contact_id UUID,
    phone TEXT NOT NULL,
    email TEXT NOT NULL,
    website TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, contact_id) REFERENCES contact (customer_id, id)
);
CREATE INDEX supplier_name ON supplier (customer_id, name, id);
CREATE INDEX supplier_name_across ON supplier (name, id);
CREATE INDEX supplier_contact ON supplier (customer_id, contact_id);

CREATE TABLE document (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    title TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    edition TEXT NOT NULL,
    owner_id UUID REFERENCES app_user (id),
    review_on TEXT NOT NULL,
    workload_id UUID,
    link TEXT NOT NULL,
    summary TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, workload_id) REFERENCES workload (customer_id, id)
);
CREATE INDEX document_title ON document (customer_id, title, id);
CREATE INDEX document_title_across ON document (title, id);
CREATE INDEX document_review ON document (customer_id, review_on, id);
CREATE INDEX document_workload ON document (customer_id, workload_id);

-- +goose Down
DROP TABLE document;
DROP TABLE supplier;
DROP TABLE stakeholder;
DROP INDEX contact_name_across;
ALTER TABLE contact DROP COLUMN duty_hours;
ALTER TABLE contact DROP COLUMN escalation_role;
ALTER TABLE contact DROP COLUMN escalation_level;
ALTER TABLE contact DROP COLUMN channels;
ALTER TABLE contact DROP COLUMN time_zone;
ALTER TABLE contact DROP COLUMN language;
