-- +goose Up
-- Rows of the instance itself carry the zero UUID as their customer, as audit entries do.
CREATE TABLE mail_setting (
    customer_id UUID PRIMARY KEY,
    from_name TEXT NOT NULL,
    from_email TEXT NOT NULL,
    reply_to TEXT NOT NULL,
    color TEXT NOT NULL,
    logo TEXT NOT NULL,
    footer TEXT NOT NULL,
    server_host TEXT NOT NULL,
    server_port BIGINT NOT NULL,
    server_security TEXT NOT NULL,
    server_user TEXT NOT NULL,
    server_password TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE mail_message (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    unique_key TEXT NOT NULL,
    template TEXT NOT NULL,
    subject TEXT NOT NULL,
    to_name TEXT NOT NULL,
    to_email TEXT NOT NULL,
    language TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    args JSONB NOT NULL,
    has_link BOOLEAN NOT NULL,
    link TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at BIGINT,
    lease_until BIGINT,
    lost BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    reply_code BIGINT NOT NULL,
    reply_text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    sent_at BIGINT,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE UNIQUE INDEX mail_message_key ON mail_message (customer_id, unique_key);
CREATE INDEX mail_message_due ON mail_message (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_message_time ON mail_message (customer_id, created_at, id);
CREATE INDEX mail_message_all ON mail_message (created_at, id);
CREATE INDEX mail_message_to ON mail_message (customer_id, to_email);

CREATE TABLE mail_attachment (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    message_id UUID NOT NULL,
    place BIGINT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, message_id) REFERENCES mail_message (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX mail_attachment_of ON mail_attachment (customer_id, message_id, place);

CREATE TABLE mail_event (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    message_id UUID NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL,
    reply_code BIGINT NOT NULL,
    reply_text TEXT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, message_id) REFERENCES mail_message (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX mail_event_of ON mail_event (customer_id, message_id, id);

CREATE TABLE mail_suppression (
    customer_id UUID NOT NULL,
    id UUID NOT NULL,
    email TEXT NOT NULL,
    reason TEXT NOT NULL,
    message_id UUID,
    reply_text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE UNIQUE INDEX mail_suppression_email ON mail_suppression (customer_id, email);
CREATE INDEX mail_suppression_time ON mail_suppression (created_at, id);

-- +goose Down
DROP TABLE mail_suppression;
DROP TABLE mail_event;
DROP TABLE mail_attachment;
DROP TABLE mail_message;
DROP TABLE mail_setting;
