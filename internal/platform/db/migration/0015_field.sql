-- +goose Up
-- Fields that the provider gives to a type of record of all customers.
CREATE TABLE house_field (
    id UUID PRIMARY KEY,
    record_type TEXT NOT NULL,
    key TEXT NOT NULL,
    label_en TEXT NOT NULL,
    label_fr TEXT NOT NULL,
    help_en TEXT NOT NULL,
    help_fr TEXT NOT NULL,
    kind TEXT NOT NULL,
    choices JSONB NOT NULL,
    required BOOLEAN NOT NULL,
    position BIGINT NOT NULL,
    archived_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX house_field_key ON house_field (record_type, key);

-- Fields of one customer; and, with house_id, what a field of the house was when this customer first had a value in it: values of a customer
-- always belong to a field of the same customer, and leave with it.
CREATE TABLE custom_field (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    house_id UUID REFERENCES house_field (id),
    record_type TEXT NOT NULL,
    key TEXT NOT NULL,
    label_en TEXT NOT NULL,
    label_fr TEXT NOT NULL,
    help_en TEXT NOT NULL,
    help_fr TEXT NOT NULL,
    kind TEXT NOT NULL,
    choices JSONB NOT NULL,
    required BOOLEAN NOT NULL,
    position BIGINT NOT NULL,
    archived_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
);
CREATE UNIQUE INDEX custom_field_own ON custom_field (customer_id, record_type, key) WHERE house_id IS NULL;
CREATE INDEX custom_field_type ON custom_field (record_type, key);
CREATE INDEX custom_field_house ON custom_field (house_id) WHERE house_id IS NOT NULL;

-- What one record has in one field; one of the columns word to ci_id, by the field's kind. word is the beginning of a text, as far as an
-- index takes it, or a choice; number is in millionths; day is a date.
CREATE TABLE custom_value (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    record_type TEXT NOT NULL,
    record_id UUID NOT NULL,
    field_id UUID NOT NULL,
    word TEXT COLLATE "C",
    text TEXT,
    number BIGINT,
    day TEXT COLLATE "C",
    person_id UUID REFERENCES app_user (id),
    ci_id UUID,
    PRIMARY KEY (customer_id, record_type, record_id, field_id),
    FOREIGN KEY (customer_id, field_id) REFERENCES custom_field (customer_id, id),
    FOREIGN KEY (customer_id, ci_id) REFERENCES ci (customer_id, id) ON DELETE CASCADE
);
CREATE INDEX custom_value_record ON custom_value (record_id);
CREATE INDEX custom_value_field ON custom_value (customer_id, field_id);
CREATE INDEX custom_value_word ON custom_value (field_id, word, record_id, customer_id) WHERE word IS NOT NULL;
CREATE INDEX custom_value_number ON custom_value (field_id, number, record_id, customer_id) WHERE number IS NOT NULL;
CREATE INDEX custom_value_day ON custom_value (field_id, day, record_id, customer_id) WHERE day IS NOT NULL;
CREATE INDEX custom_value_person ON custom_value (person_id, field_id, record_id, customer_id) WHERE person_id IS NOT NULL;
CREATE INDEX custom_value_ci ON custom_value (customer_id, ci_id, field_id, record_id) WHERE ci_id IS NOT NULL;

-- +goose Down
DROP TABLE custom_value;
DROP TABLE custom_field;
DROP TABLE house_field;
