-- +goose Up
-- How a person laid the columns of their files on the fields of a list.
CREATE TABLE intake_memory (
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    columns JSONB NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, list)
);

-- Saved views: a name for a query of a list, never data. Those without a customer belong to the instance.
CREATE TABLE saved_view (
    id UUID PRIMARY KEY,
    list TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    owner_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    audience TEXT NOT NULL,
    customer_id UUID REFERENCES customer (id) ON DELETE CASCADE,
    query TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX saved_view_list ON saved_view (list, name, id);
CREATE INDEX saved_view_owner ON saved_view (owner_id);
CREATE INDEX saved_view_customer ON saved_view (customer_id);

-- With which view a list opens: holder is user:ID or role:NAME.
CREATE TABLE view_default (
    list TEXT NOT NULL,
    holder TEXT NOT NULL,
    view_id UUID NOT NULL REFERENCES saved_view (id) ON DELETE CASCADE,
    PRIMARY KEY (list, holder)
);
CREATE INDEX view_default_view ON view_default (view_id);

-- +goose Down
DROP TABLE view_default;
DROP TABLE saved_view;
DROP TABLE intake_memory;
