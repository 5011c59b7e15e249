-- Whose job it is: a prefix of the hash of a token. NULL if it was submitted without a token, or
-- by an older version; all tokens may use such a job.
ALTER TABLE enhancer_jobs ADD COLUMN client TEXT;
