-- The table of jobs is the queue.
DROP INDEX enhancer_jobs_state;
-- When a queued job may run.
ALTER TABLE enhancer_jobs RENAME COLUMN hint_due TO due;
ALTER TABLE enhancer_jobs DROP COLUMN hints;
-- An attempt has a number of its own. Its process needs none.
ALTER TABLE enhancer_jobs DROP COLUMN owner;
-- How often an attempt failed for the server's reasons: storage, database, model.
ALTER TABLE enhancer_jobs ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
CREATE INDEX enhancer_jobs_state ON enhancer_jobs (state, created, id);

-- What waited for a new hint may run now.
UPDATE enhancer_jobs SET due = 0 WHERE state = 'queued';
