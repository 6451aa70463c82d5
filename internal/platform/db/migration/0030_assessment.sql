-- +goose Up
-- A version of a questionnaire, as the customer's answers were given to it.
CREATE TABLE assessment_form (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    questionnaire TEXT NOT NULL,
    version BIGINT NOT NULL,
    body JSONB NOT NULL,
    PRIMARY KEY (customer_id, questionnaire, version)
);

CREATE TABLE assessment (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    questionnaire TEXT NOT NULL,
    form_version BIGINT NOT NULL,
    state TEXT NOT NULL,
    answered BIGINT NOT NULL,
    shown BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    reason TEXT NOT NULL,
    handed_in_at BIGINT,
    handed_in_by TEXT NOT NULL,
    reviewed_at BIGINT,
    reviewed_by TEXT NOT NULL,
    remark TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, questionnaire, form_version) REFERENCES assessment_form (customer_id, questionnaire, version)
);
CREATE INDEX assessment_id ON assessment (id);
CREATE INDEX assessment_title ON assessment (title, id);
CREATE INDEX assessment_created ON assessment (created_at, id);
CREATE INDEX assessment_updated ON assessment (updated_at, id);
CREATE INDEX assessment_latest ON assessment (customer_id, state, handed_in_at);

-- One answer: to which version of the questionnaire, by whom, when.
CREATE TABLE assessment_answer (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    assessment_id UUID NOT NULL,
    question TEXT NOT NULL,
    value JSONB NOT NULL,
    form_version BIGINT NOT NULL,
    by_kind TEXT NOT NULL,
    by_id TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, assessment_id, question),
    FOREIGN KEY (customer_id, assessment_id) REFERENCES assessment (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX assessment_answer_of ON assessment_answer (assessment_id);

-- +goose Down
DROP TABLE assessment_answer;
DROP TABLE assessment;
DROP TABLE assessment_form;
