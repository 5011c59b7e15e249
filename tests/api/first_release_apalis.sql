-- What apalis, which the first release used, keeps beside them in PostgreSQL; and a job of another program.
CREATE SCHEMA apalis;
CREATE TABLE apalis.jobs (
    job bytea NOT NULL,
    id text NOT NULL,
    job_type text NOT NULL,
    status text DEFAULT 'Pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    max_attempts integer DEFAULT 25 NOT NULL,
    run_at timestamp with time zone DEFAULT now() NOT NULL,
    last_result jsonb,
    lock_at timestamp with time zone,
    lock_by text,
    done_at timestamp with time zone,
    priority integer DEFAULT 0,
    idempotency_key text
);
CREATE TABLE apalis.workers (
    id text NOT NULL,
    worker_type text NOT NULL,
    storage_name text NOT NULL,
    layers text DEFAULT ''::text NOT NULL,
    last_seen timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone
);
ALTER TABLE apalis.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);
ALTER TABLE apalis.jobs
    ADD CONSTRAINT fk_worker_lock_by FOREIGN KEY (lock_by) REFERENCES apalis.workers(id);
INSERT INTO apalis.workers VALUES ('enhancer-enhance-01a220f1-6b14-7610-b14f-3e48f0a345b6', 'enhancer-enhance', 'PgStorage', 'tower', '2026-11-28 06:57:02+00', NULL);
INSERT INTO apalis.workers VALUES ('enhancer-deliver-01a220f1-6b15-702c-94c8-588cb3e4643b', 'enhancer-deliver', 'PgStorage', 'tower', '2026-11-28 06:57:02+00', NULL);
INSERT INTO apalis.jobs VALUES ('\x7b226a6f62223a2230316132323066312d366238612d373364612d626331662d636639333961366137393432222c22617474656d7074223a307d', '01M8GF2TWPN8SWN0ZZXRCKC2C0', 'enhancer-enhance', 'Done', 1, 25, '2026-11-28 06:57:02+00', '{"Ok": null}', '2026-11-28 06:57:02.4374+00', 'enhancer-enhance-01a220f1-6b14-7610-b14f-3e48f0a345b6', '2026-11-28 06:57:02.450849+00', 0, NULL);
INSERT INTO apalis.jobs VALUES ('\x7b226a6f62223a2230316132323066312d366335362d373631352d623536622d663235623364356633626264222c22617474656d7074223a307d', '01M8GF2V3V3D8QRXD3ZCCF5895', 'enhancer-enhance', 'Running', 0, 25, '2026-11-28 06:57:02+00', NULL, '2026-11-28 06:57:02.641558+00', 'enhancer-enhance-01a220f1-6b14-7610-b14f-3e48f0a345b6', NULL, 0, NULL);
INSERT INTO apalis.jobs VALUES ('\x7b226a6f62223a2230316132323066312d366363362d373165622d383131322d663631393832323663643338222c22617474656d7074223a307d', '01M8GF2V77XY6BVB4ABS46SFT7', 'enhancer-enhance', 'Pending', 0, 25, '2026-11-28 06:57:02+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO apalis.jobs VALUES ('\x7b226a6f62223a2230316132323066312d366363362d373165622d383131322d663631393832323663643338222c22617474656d7074223a307d', '01M8GF2V77XY6BVB4ABS46SFT8', 'mail', 'Pending', 0, 25, '2026-11-28 06:57:02+00', NULL, NULL, NULL, NULL, 0, NULL);
