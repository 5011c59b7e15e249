-- Clients list their own jobs, the newest first.
CREATE INDEX enhancer_jobs_client ON enhancer_jobs (client, created, id);
