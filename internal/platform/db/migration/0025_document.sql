-- +goose Up
-- What documents are asked for: which kind, of whom, until when, and how far that is. Rows from before were asked of nobody.
CREATE TABLE document_asked (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    kind TEXT NOT NULL,
    workload_id UUID,
    owed_by_id UUID,
    due_on TEXT NOT NULL,
    asked_at BIGINT,
    quality TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    edition TEXT NOT NULL,
    owner_id UUID REFERENCES app_user (id),
    review_on TEXT NOT NULL,
    link TEXT NOT NULL,
    summary TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, workload_id) REFERENCES workload (customer_id, id),
    FOREIGN KEY (customer_id, owed_by_id) REFERENCES contact (customer_id, id)
);
INSERT INTO document_asked (customer_id, id, title, state, kind, workload_id, due_on, quality, type, status, edition, owner_id, review_on, link, summary, version, created_at, updated_at)
    SELECT customer_id, id, title, 'listed', '', workload_id, '', '', type, status, edition, owner_id, review_on, link, summary, version, created_at, updated_at FROM document;
DROP TABLE document;
ALTER TABLE document_asked RENAME TO document;
CREATE INDEX document_title ON document (customer_id, title, id);
CREATE INDEX document_title_across ON document (title, id);
CREATE INDEX document_review_on ON document (customer_id, review_on, id);
CREATE INDEX document_workload ON document (customer_id, workload_id, kind);
CREATE INDEX document_owed_by ON document (customer_id, owed_by_id);
CREATE INDEX document_due ON document (due_on, id) WHERE state IN ('requested', 'refused');
CREATE INDEX document_state ON document (customer_id, state, id) WHERE state <> 'listed';

-- What was handed in. A file that is a version cannot be removed, and a document that has versions cannot be deleted.
CREATE TABLE document_version (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    document_id UUID NOT NULL,
    number BIGINT NOT NULL,
    file_id UUID NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    edition TEXT NOT NULL,
    remarks TEXT NOT NULL,
    handed_by TEXT NOT NULL,
    via TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, document_id) REFERENCES document (customer_id, id),
    FOREIGN KEY (customer_id, file_id) REFERENCES file (customer_id, id)
);
CREATE UNIQUE INDEX document_version_number ON document_version (customer_id, document_id, number);
CREATE INDEX document_version_file ON document_version (customer_id, file_id);

CREATE TABLE document_review (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    document_id UUID NOT NULL,
    version_id UUID NOT NULL,
    number BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    quality TEXT NOT NULL,
    remarks TEXT NOT NULL,
    reviewed_by TEXT NOT NULL,
    reviewer_id UUID REFERENCES app_user (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, document_id) REFERENCES document (customer_id, id),
    FOREIGN KEY (customer_id, version_id) REFERENCES document_version (customer_id, id)
);
CREATE INDEX document_review_document ON document_review (customer_id, document_id, id);

-- Reminders that went out: one a day for a document, whoever sends them.
CREATE TABLE document_reminder (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    document_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    day TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, document_id) REFERENCES document (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, contact_id) REFERENCES contact (customer_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX document_reminder_day ON document_reminder (customer_id, document_id, day);
CREATE INDEX document_reminder_contact ON document_reminder (customer_id, contact_id, day);

-- +goose Down
DROP TABLE document_reminder;
DROP TABLE document_review;
DROP TABLE document_version;
CREATE TABLE document_before (
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
INSERT INTO document_before (customer_id, id, title, type, status, edition, owner_id, review_on, workload_id, link, summary, version, created_at, updated_at)
    SELECT customer_id, id, title, type, status, edition, owner_id, review_on, workload_id, link, summary, version, created_at, updated_at FROM document;
DROP TABLE document;
ALTER TABLE document_before RENAME TO document;
CREATE INDEX document_title ON document (customer_id, title, id);
CREATE INDEX document_title_across ON document (title, id);
CREATE INDEX document_review ON document (customer_id, review_on, id);
CREATE INDEX document_workload ON document (customer_id, workload_id);
