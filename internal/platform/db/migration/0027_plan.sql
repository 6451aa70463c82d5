-- +goose Up
-- Full assessments: their meetings, checklists, and what was said in them.
CREATE TABLE plan (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    template TEXT NOT NULL,
    template_version TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX plan_starts ON plan (starts_on, id);
CREATE INDEX plan_title ON plan (title, id);
CREATE INDEX plan_created ON plan (created_at, id);

-- The id is the UID of the calendar event; sequence is its SEQUENCE.
CREATE TABLE plan_meeting (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    plan_id UUID NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    goal TEXT NOT NULL,
    agenda JSONB NOT NULL,
    feeds JSONB NOT NULL,
    state TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    time_zone TEXT NOT NULL,
    place TEXT NOT NULL,
    notes TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    invited_at BIGINT,
    organizer_name TEXT NOT NULL,
    organizer_email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, plan_id) REFERENCES plan (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX plan_meeting_plan ON plan_meeting (customer_id, plan_id, starts_at);
CREATE INDEX plan_meeting_starts ON plan_meeting (starts_at, id);

-- Whoever takes part, as they could be reached when they were added. ref_id is of a contact or of a user; invited is the sequence of the
-- invitation that they have, -1 for none.
CREATE TABLE plan_participant (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    meeting_id UUID NOT NULL,
    type TEXT NOT NULL,
    ref_id UUID NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    language TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    invited BIGINT NOT NULL,
    PRIMARY KEY (customer_id, meeting_id, type, ref_id),
    FOREIGN KEY (customer_id, meeting_id) REFERENCES plan_meeting (customer_id, id) ON DELETE CASCADE
);

-- The checklist, and the actions that meetings agreed.
CREATE TABLE plan_task (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    plan_id UUID NOT NULL,
    meeting_id UUID,
    title TEXT NOT NULL,
    side TEXT NOT NULL,
    owner TEXT NOT NULL,
    due_on TEXT NOT NULL,
    done_at BIGINT,
    done_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, plan_id) REFERENCES plan (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, meeting_id) REFERENCES plan_meeting (customer_id, id)
);
CREATE INDEX plan_task_plan ON plan_task (customer_id, plan_id, due_on);
CREATE INDEX plan_task_meeting ON plan_task (customer_id, meeting_id) WHERE meeting_id IS NOT NULL;
CREATE INDEX plan_task_due ON plan_task (due_on, id);

-- What somebody said, and the records that it feeds: of any type, so that no key can point there.
CREATE TABLE statement (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    plan_id UUID NOT NULL,
    meeting_id UUID,
    text TEXT NOT NULL,
    said_by TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, plan_id) REFERENCES plan (customer_id, id) ON DELETE CASCADE,
    FOREIGN KEY (customer_id, meeting_id) REFERENCES plan_meeting (customer_id, id)
);
CREATE INDEX statement_plan ON statement (customer_id, plan_id);
CREATE INDEX statement_meeting ON statement (customer_id, meeting_id) WHERE meeting_id IS NOT NULL;
CREATE INDEX statement_created ON statement (created_at, id);

CREATE TABLE statement_feed (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    statement_id UUID NOT NULL,
    type TEXT NOT NULL,
    ref_id UUID NOT NULL,
    PRIMARY KEY (customer_id, statement_id, type, ref_id),
    FOREIGN KEY (customer_id, statement_id) REFERENCES statement (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX statement_feed_record ON statement_feed (customer_id, type, ref_id);

-- +goose Down
DROP TABLE statement_feed;
DROP TABLE statement;
DROP TABLE plan_task;
DROP TABLE plan_participant;
DROP TABLE plan_meeting;
DROP TABLE plan;
