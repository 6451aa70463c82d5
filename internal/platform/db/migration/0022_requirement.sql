-- +goose Up
-- What quality of service is asked for, by workload and environment. Durations are minutes, availability ten-thousandths of a per cent.
CREATE TABLE requirement (
    customer_id UUID NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    workload_id UUID,
    environment TEXT NOT NULL,
    criticality TEXT NOT NULL,
    state TEXT NOT NULL,
    agreed_by TEXT NOT NULL,
    agreed_at BIGINT,
    rto BIGINT,
    rpo BIGINT,
    backup_retention_days BIGINT,
    availability BIGINT,
    dr_strategy TEXT NOT NULL,
    tier TEXT NOT NULL,
    monitor_infrastructure TEXT NOT NULL,
    monitor_application TEXT NOT NULL,
    monitor_performance TEXT NOT NULL,
    security_access TEXT NOT NULL,
    security_antimalware TEXT NOT NULL,
    security_waf TEXT NOT NULL,
    security_pki TEXT NOT NULL,
    security_encryption TEXT NOT NULL,
    security_authentication TEXT NOT NULL,
    security_firewall TEXT NOT NULL,
    security_note TEXT NOT NULL,
    note TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, workload_id) REFERENCES workload (customer_id, id)
);
CREATE UNIQUE INDEX requirement_workload ON requirement (customer_id, workload_id, environment);
CREATE INDEX requirement_name ON requirement (customer_id, name, id);
CREATE INDEX requirement_name_across ON requirement (name, id);
CREATE INDEX requirement_state ON requirement (customer_id, state, id);

-- +goose Down
DROP TABLE requirement;
