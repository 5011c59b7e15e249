-- How many of the attempts to deliver were for earlier notices: a job that is tried again, or
-- whose notice is delivered again, has all of its attempts anew.
ALTER TABLE enhancer_jobs ADD COLUMN webhook_earlier BIGINT NOT NULL DEFAULT 0;
