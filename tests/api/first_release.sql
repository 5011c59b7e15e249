-- Jobs as the first release kept them when it was killed, in SQLite as in PostgreSQL. They expire in 2100.
CREATE TABLE enhancer_deliveries (
    job TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    -- When it ended, and how: a status, or what prevented one.
    ended BIGINT NOT NULL,
    status BIGINT,
    error TEXT,
    PRIMARY KEY (job, attempt)
);
CREATE TABLE enhancer_jobs (
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
INSERT INTO "enhancer_jobs" VALUES('01a220f1-5c71-74d9-8c15-0f7e44289a8e','succeeded','{"model":"passthrough"}','{"model":"passthrough","raw":null,"destination":{"container":null,"sampleFormat":null},"controls":{"attenuationLimit":null,"mix":1.0,"inputGain":0.0,"output":"enhanced","postFilter":false,"exact":false},"loudness":null,"strict":false,"priority":"normal"}','talk.wav',96044,'done','48903e6206f154d9a898bca9f217ce75efca035738e8bd810a668b29e303160b',NULL,1,0,1795849033709,1,1795849048493,1.0,'{"succeeded":{"media_type":"audio/wav","file_name":"talk.enhanced.wav","bytes":96080,"model":"passthrough","duration_seconds":1.0,"elapsed_seconds":0.002864939,"warnings":[]}}',NULL,NULL,0,1795849018717,1795849018489,1795849018705,1795849018717,4102444800000);
INSERT INTO "enhancer_jobs" VALUES('01a220f1-5dcb-762b-bb10-9f93c47f651f','running','{"exact":"true"}','{"model":null,"raw":null,"destination":{"container":null,"sampleFormat":null},"controls":{"attenuationLimit":null,"mix":1.0,"inputGain":0.0,"output":"enhanced","postFilter":false,"exact":true},"loudness":null,"strict":false,"priority":"normal"}','slow.wav',5760044,NULL,'fdda20694f2c3db09948a0a7eae64af33e8de1b6488b46cba4784c9e97d11cab','22318-01a220f1-5baf-7539-95e5-698e90d5e06c',1,0,1795849035110,1,1795849048852,0.067,NULL,NULL,NULL,0,0,1795849018849,1795849019107,NULL,NULL);
INSERT INTO "enhancer_jobs" VALUES('01a220f1-5efe-7537-9ddd-6e1f70f45864','queued','{"model":"passthrough"}','{"model":"passthrough","raw":null,"destination":{"container":null,"sampleFormat":null},"controls":{"attenuationLimit":null,"mix":1.0,"inputGain":0.0,"output":"enhanced","postFilter":false,"exact":false},"loudness":null,"strict":false,"priority":"normal"}','talk.wav',96044,NULL,'7740d8a0080c4311d057d0a37d2904c4ffb394f1ad96cbc5d71ec51e35e4bcb2',NULL,0,0,0,1,1795849049160,0.0,NULL,'http://127.0.0.1:9/','pending',0,0,1795849019141,NULL,NULL,NULL);
INSERT INTO "enhancer_jobs" VALUES('01a220f1-5f19-77c0-9f94-d2eea0d595d7','cancelled','{"model":"passthrough"}','{"model":"passthrough","raw":null,"destination":{"container":null,"sampleFormat":null},"controls":{"attenuationLimit":null,"mix":1.0,"inputGain":0.0,"output":"enhanced","postFilter":false,"exact":false},"loudness":null,"strict":false,"priority":"normal"}','talk.wav',96044,NULL,'48903e6206f154d9a898bca9f217ce75efca035738e8bd810a668b29e303160b',NULL,0,0,0,0,1795849019180,0.0,'"cancelled"',NULL,NULL,0,1795849019196,1795849019180,NULL,1795849019196,4102444800000);
CREATE INDEX enhancer_jobs_state ON enhancer_jobs (state, hint_due);
CREATE INDEX enhancer_jobs_expires ON enhancer_jobs (expires);
CREATE INDEX enhancer_jobs_webhook ON enhancer_jobs (webhook_state, webhook_due);
