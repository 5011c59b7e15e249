-- The jobs are their own queue.

-- The only clock of all statements.
CREATE VIEW enhancer_clock (now) AS SELECT CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER);

-- The processes that run jobs. A running job whose owner is not here has lost its process.
CREATE TABLE enhancer_workers (
    owner TEXT PRIMARY KEY,
    -- When it counts as dead if it does not renew this; used where several processes share the jobs.
    lease_until BIGINT NOT NULL
);

DROP INDEX enhancer_jobs_state;
-- When a queued job may run.
ALTER TABLE enhancer_jobs RENAME COLUMN hint_due TO due;
ALTER TABLE enhancer_jobs DROP COLUMN hints;
ALTER TABLE enhancer_jobs DROP COLUMN lease_until;
-- How often an attempt failed for the server's reasons: storage, database, model.
ALTER TABLE enhancer_jobs ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
-- 1 once a process died while it ran this job among others: it then runs alone, which shows whether it is the cause.
ALTER TABLE enhancer_jobs ADD COLUMN suspect BIGINT NOT NULL DEFAULT 0;
CREATE INDEX enhancer_jobs_state ON enhancer_jobs (state, created, id);

-- What waited for a new hint may run now.
UPDATE enhancer_jobs SET due = 0 WHERE state = 'queued';
