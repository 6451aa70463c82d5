-- +goose Up
-- How a person laid the columns of their files on the fields of a list.
CREATE TABLE intake_memory (
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    columns JSONB NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, list)
);

-- +goose Down
DROP TABLE intake_memory;
