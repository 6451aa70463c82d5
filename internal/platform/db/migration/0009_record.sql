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

-- +goose Down
DROP TABLE file;
DROP TABLE link_key;
DROP TABLE blob;
