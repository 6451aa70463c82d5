-- +goose Up
-- Blobs are of the instance: a row says that a content is kept, never whose it is. A sweep and an upload of the same content meet here.
CREATE TABLE blob (
    hash TEXT PRIMARY KEY,
    size BIGINT NOT NULL,
    touched_at BIGINT NOT NULL
);

-- The key that signs the links of files.
CREATE TABLE link_key (
    name TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE file (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    record_type TEXT NOT NULL,
    record_id UUID NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    hash TEXT NOT NULL,
    preview_hash TEXT,
    preview_type TEXT NOT NULL,
    preview_size BIGINT NOT NULL,
    public BOOLEAN NOT NULL,
    added_by UUID,
    added_name TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX file_record ON file (customer_id, record_type, record_id, id);
CREATE INDEX file_time ON file (created_at, id);
CREATE INDEX file_hash ON file (hash);
CREATE INDEX file_content ON file (customer_id, hash, size);
CREATE INDEX file_preview ON file (preview_hash) WHERE preview_hash IS NOT NULL;

CREATE TABLE note (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    record_type TEXT NOT NULL,
    record_id UUID NOT NULL,
    public BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    author_id UUID,
    author_name TEXT NOT NULL,
    staff BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    edited_at BIGINT,
    removed_at BIGINT,
    removed_by TEXT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE INDEX note_record ON note (customer_id, record_type, record_id, id);
CREATE INDEX note_time ON note (created_at, id);

CREATE TABLE note_version (
    customer_id UUID NOT NULL,
    note_id UUID NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, note_id, version),
    FOREIGN KEY (customer_id, note_id) REFERENCES note (customer_id, id) ON DELETE CASCADE
);

CREATE TABLE note_mention (
    customer_id UUID NOT NULL,
    note_id UUID NOT NULL,
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (customer_id, note_id, user_id),
    FOREIGN KEY (customer_id, note_id) REFERENCES note (customer_id, id) ON DELETE CASCADE
);

-- Who has turned watching off stays off: the row says so.
CREATE TABLE watcher (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    record_type TEXT NOT NULL,
    record_id UUID NOT NULL,
    user_id UUID NOT NULL,
    watching BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, record_type, record_id, user_id)
);
CREATE INDEX watcher_user ON watcher (user_id);

CREATE TABLE notification (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    kind TEXT NOT NULL,
    record_type TEXT NOT NULL,
    record_id UUID NOT NULL,
    record_name TEXT NOT NULL,
    note_id UUID NOT NULL,
    actor_name TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    read_at BIGINT,
    mail_due_at BIGINT,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, note_id) REFERENCES note (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX notification_user ON notification (user_id, id);
CREATE INDEX notification_unread ON notification (user_id) WHERE read_at IS NULL;
CREATE INDEX notification_mail ON notification (mail_due_at) WHERE mail_due_at IS NOT NULL;

CREATE TABLE notification_preference (
    user_id UUID PRIMARY KEY REFERENCES app_user (id) ON DELETE CASCADE,
    mail TEXT NOT NULL
);

-- +goose Down
DROP TABLE notification_preference;
DROP TABLE notification;
DROP TABLE watcher;
DROP TABLE note_mention;
DROP TABLE note_version;
DROP TABLE note;
DROP TABLE file;
DROP TABLE link_key;
DROP TABLE blob;
