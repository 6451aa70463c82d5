-- +goose Up
-- Requests a second that somebody was given; 0 is what the server gives to everybody.
ALTER TABLE customer ADD COLUMN request_rate BIGINT NOT NULL DEFAULT 0;
ALTER TABLE api_token ADD COLUMN request_rate BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE api_token DROP COLUMN request_rate;
ALTER TABLE customer DROP COLUMN request_rate;
