-- Whether a worker has begun to run the job since it was claimed. If the answer to a claim is lost,
-- nobody runs the job, and it is not to blame for anything.
ALTER TABLE enhancer_jobs ADD COLUMN begun BIGINT NOT NULL DEFAULT 0;
UPDATE enhancer_jobs SET begun = 1 WHERE state = 'running';
