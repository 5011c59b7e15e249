-- Whether its process died while it ran. Such a job runs alone, and only then its crashes count.
ALTER TABLE enhancer_jobs ADD COLUMN suspect BIGINT NOT NULL DEFAULT 0;
UPDATE enhancer_jobs SET suspect = 1 WHERE crashes > 0;
-- How often a client asked to try a job again that was given up.
ALTER TABLE enhancer_jobs ADD COLUMN retries BIGINT NOT NULL DEFAULT 0;
