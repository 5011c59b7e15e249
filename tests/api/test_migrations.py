"""Databases of earlier releases are migrated with their jobs."""

import re
import shutil
import sqlite3
from pathlib import Path

import jobs
import pytest
import sources
from postgres import postgres
from receiver import Receiver

HERE = Path(__file__).parent
# In the order in which they were submitted.
DONE, RUNNING, QUEUED, CANCELLED = re.findall(r"VALUES\('(\S+?)'", (HERE / "first_release.sql").read_text())


@pytest.fixture(scope="module")
def cluster():
    with postgres() as cluster:
        yield cluster


def first_release(hook):
    """The tables and rows of the first release; one of its jobs has that webhook."""
    return (HERE / "first_release.sql").read_text().replace("http://127.0.0.1:9/", hook.url)


def artefacts(data):
    """The files that the first release kept for these jobs."""
    # The server recognises its own data root by this file.
    (data / "spool").mkdir(parents=True)
    for folder in ("sources", "results"):
        (data / "artefacts" / folder).mkdir(parents=True)
    sources.wav(data / "artefacts" / "sources" / RUNNING, 2)
    talk = sources.wav(data / "artefacts" / "sources" / QUEUED)
    shutil.copy(talk, data / "artefacts" / "results" / f"{DONE}.1")


def check(server, hook):
    with server.client() as client:
        done = client.get(f"/jobs/{DONE}").json()
        assert (done["state"], done["attempts"], done["file_name"]) == ("succeeded", 1, "talk.wav")
        assert done["finished"] == "2026-11-28T06:56:58.717Z" and done["expires"].startswith("2100-01-01")
        assert client.get(done["links"]["result"]).content[:4] == b"RIFF"
        repeated = client.post("/jobs", content=b"other", headers={"idempotency-key": "done"})
        jobs.refused(repeated, 409, "idempotency_conflict")
        assert client.get(f"/jobs/{CANCELLED}").json()["state"] == "cancelled"
        running = jobs.ended(client, {"id": RUNNING})
        assert (running["state"], running["attempts"]) == ("succeeded", 2), "its process has ended"
        queued = jobs.until(client, {"id": QUEUED}, lambda job: job["webhook"]["state"] == "delivered")
        assert (queued["state"], queued["attempts"]) == ("succeeded", 1)
        assert [call.json()["data"]["id"] for call in hook.calls] == [QUEUED]


def test_a_file_of_the_first_release_is_migrated(serve, tmp_path):
    data = tmp_path / "data"
    artefacts(data)
    with Receiver() as hook:
        database = sqlite3.connect(data / "jobs.sqlite")
        database.executescript(first_release(hook))
        database.close()
        server = serve()
        check(server, hook)
        assert server.stop() == 0
        # A second start gives the same.
        with serve("--job-workers", 0).client() as client:
            for job in (DONE, RUNNING, QUEUED):
                assert client.get(f"/jobs/{job}").json()["state"] == "succeeded"


def test_a_database_of_the_first_release_is_migrated(serve, cluster, tmp_path):
    artefacts(tmp_path / "data")
    url = cluster.database()
    name = url.rsplit("/", 1)[1]
    with Receiver() as hook:
        cluster.run(first_release(hook), name)
        server = serve("--database-url", url)
        check(server, hook)
        assert server.stop() == 0
        other = serve("--database-url", url, "--job-workers", 0, folder=tmp_path / "other")
        with other.client() as client:
            assert client.get(f"/jobs/{QUEUED}").json()["state"] == "succeeded"


def test_a_database_of_a_later_release_is_left_alone(serve, tmp_path):
    server = serve()
    assert server.stop() == 0
    database = sqlite3.connect(server.data / "jobs.sqlite")
    columns = "version, description, success, checksum, execution_time"
    database.execute(f"INSERT INTO enhancer_migrations ({columns}) VALUES (9999, 'later', TRUE, x'00', 0)")
    database.commit()
    database.close()
    with pytest.raises(RuntimeError, match="9999"):
        serve()
