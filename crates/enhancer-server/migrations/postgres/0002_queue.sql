-- The jobs are their own queue.

-- The only clock of all statements.
CREATE VIEW enhancer_clock (now) AS
    SELECT CAST(ROUND(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT);

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

-- Every process hears of jobs that wait and of jobs that have ended.
CREATE FUNCTION enhancer_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('enhancer_jobs', NEW.state);
    RETURN NULL;
END $$;
CREATE TRIGGER enhancer_announce AFTER INSERT OR UPDATE OF state ON enhancer_jobs
    FOR EACH ROW WHEN (NEW.state <> 'running') EXECUTE FUNCTION enhancer_announce();

-- The previous release kept hints in the tables of apalis, which others may use too.
DO $$
BEGIN
    IF to_regclass('apalis.jobs') IS NOT NULL THEN
        DELETE FROM apalis.jobs WHERE job_type LIKE 'enhancer-%';
    END IF;
    IF to_regclass('apalis.workers') IS NOT NULL THEN
        DELETE FROM apalis.workers WHERE worker_type LIKE 'enhancer-%';
    END IF;
END $$;
