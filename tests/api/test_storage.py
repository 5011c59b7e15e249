"""Failures of the database or the disk: the errors that clients get, and what stays behind."""

import sqlite3
from contextlib import closing

import jobs
import pytest
import sources
from measured import metric, wait_until
from problems import assert_problem
from recordings import speech

PASS = {"model": "passthrough"}


def test_a_locked_database_is_reported_and_leaves_nothing(serve, tmp_path):
    server = serve("--job-workers", 0)
    source = sources.wav(tmp_path / "talk.wav")
    with server.client() as client, closing(sqlite3.connect(server.data / "jobs.sqlite", isolation_level=None)) as other:
        job = jobs.submitted(client, source)
        assert jobs.kept(server) == [job["id"]]
        other.execute("BEGIN IMMEDIATE")
        assert_problem(client.get("/readyz"), 503, "storage")
        assert_problem(jobs.submit(client, source), 503, "storage")
        assert_problem(jobs.submit(client, source, key="key"), 503, "storage")
        assert_problem(client.delete(f"/jobs/{job['id']}"), 503, "storage")
        # The sources of the other requests are deleted.
        assert jobs.kept(server) == [job["id"]]
        # Requests that do not change the database still work.
        assert client.get(f"/jobs/{job['id']}").json()["state"] == "queued"
        assert client.post("/enhance", content=speech(0.1), params=PASS).status_code == 200
        other.execute("ROLLBACK")
        wait_until(lambda: client.get("/readyz").status_code == 200)
        jobs.submitted(client, source, key="key")
        assert client.delete(f"/jobs/{job['id']}").status_code == 204


def test_a_server_whose_clients_have_used_up_their_space_is_ready(serve, tmp_path):
    source = sources.wav(tmp_path / "talk.wav")
    server = serve("--job-workers", 0)
    with server.client() as client:
        waiting = [jobs.submitted(client, source) for _ in range(2)]
    assert server.stop() == 0
    used = 2 * source.stat().st_size
    with serve("--job-workers", 0, "--max-storage", used).client() as client:
        # Clients must be able to fetch and delete their results: that frees space.
        assert client.get("/readyz").status_code == 200
        assert_problem(jobs.submit(client, source), 507, "storage_full")
        assert metric(client, "enhancer_storage_bytes") == used
        for job in waiting:
            assert client.delete(f"/jobs/{job['id']}").status_code == 204
        assert metric(client, "enhancer_storage_bytes") == 0
        jobs.submitted(client, source)


def test_an_unfinished_upload_takes_no_space_after_a_crash(serve):
    server = serve("--job-workers", 0)
    server.process.kill()
    server.process.wait()
    sources_folder = server.data / "artefacts" / "sources"
    sources_folder.mkdir(exist_ok=True)
    # The store writes to such a file until the artefact is complete.
    left = sources_folder / "01900000-0000-7000-8000-000000000000#1"
    left.write_bytes(bytes(1000))
    with serve("--job-workers", 0).client() as client:
        assert not left.exists()
        assert metric(client, "enhancer_storage_bytes") == 0


@pytest.mark.parametrize("name", ["AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_a_password_in_an_endpoint_is_refused_and_not_shown(serve, name):
    environment = {name: "http://user:S3CRET@127.0.0.1:9", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}
    with pytest.raises(RuntimeError) as failure:
        serve("--artefacts", "s3://recordings", environment=environment)
    assert "AWS_SECRET_ACCESS_KEY" in str(failure.value) and "S3CRET" not in str(failure.value)
