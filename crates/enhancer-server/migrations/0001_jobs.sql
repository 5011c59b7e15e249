-- For SQLite and PostgreSQL: TEXT, BIGINT (times in ms since 1970) and DOUBLE PRECISION only.
-- IF NOT EXISTS, because databases from before the migrations have these tables.
CREATE TABLE IF NOT EXISTS enhancer_jobs (
    id TEXT PRIMARY KEY,
    -- queued, running, succeeded, failed, cancelled
    state TEXT NOT NULL,
    -- What the client asked, as it asked it, and what that means: JSON.
    fields TEXT NOT NULL,
    options TEXT NOT NULL,
    file_name TEXT,
    source_len BIGINT NOT NULL,
    idempotency_key TEXT UNIQUE,
    -- Equal for equal requests.
    fingerprint TEXT NOT NULL,
    -- The process that runs it, how often it was begun, how often that ended badly, and
    -- when it counts as dead unless it is heard of.
    owner TEXT,
    attempt BIGINT NOT NULL,
    crashes BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    -- How many hints to it were pushed, and when it is time for another one.
    hints BIGINT NOT NULL,
    hint_due BIGINT NOT NULL,
    progress DOUBLE PRECISION NOT NULL,
    -- What became of it: JSON.
    outcome TEXT,
    webhook_url TEXT,
    -- pending, delivered, failed
    webhook_state TEXT,
    webhook_attempts BIGINT NOT NULL,
    webhook_due BIGINT NOT NULL,
    created BIGINT NOT NULL,
    started BIGINT,
    finished BIGINT,
    expires BIGINT
);
CREATE INDEX IF NOT EXISTS enhancer_jobs_state ON enhancer_jobs (state, hint_due);
CREATE INDEX IF NOT EXISTS enhancer_jobs_expires ON enhancer_jobs (expires);
CREATE INDEX IF NOT EXISTS enhancer_jobs_webhook ON enhancer_jobs (webhook_state, webhook_due);
CREATE TABLE IF NOT EXISTS enhancer_deliveries (
    job TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    -- When it ended, and how: a status, or what prevented one.
    ended BIGINT NOT NULL,
    status BIGINT,
    error TEXT,
    PRIMARY KEY (job, attempt)
);
