"""Jobs outlive the server, however it ends."""

import signal
import subprocess
import time

import jobs
import pytest
import sources
from command import ENHANCER
from jobs import QUICK


@pytest.fixture
def source(tmp_path):
    return sources.wav(tmp_path / "talk.wav")


def test_jobs_that_wait_and_results_outlive_the_server(serve, source):
    server = serve()
    with server.client() as client:
        done = jobs.ended(client, jobs.submitted(client, source, **QUICK))
        result = client.get(done["links"]["result"]).content
    assert server.stop(signal.SIGTERM) == 0
    server = serve("--job-workers", 0)
    with server.client() as client:
        waiting = [jobs.submitted(client, source, key=f"{n}", **QUICK) for n in range(5)]
    assert server.stop(signal.SIGTERM) == 0
    with serve().client() as client:
        assert client.get(f"/jobs/{done['id']}").json() == done
        assert client.get(done["links"]["result"]).content == result
        begun = time.monotonic()
        for job in waiting:
            assert jobs.ended(client, job)["state"] == "succeeded"
            assert client.get(job["links"]["result"]).content == result
        assert time.monotonic() - begun < 20, "workers were not notified of them at the start"


def test_a_running_job_is_done_again_after_a_crash(serve, tmp_path):
    source = sources.wav(tmp_path / "long.wav", 60)
    server = serve()
    with server.client() as client:
        job = jobs.submitted(client, source, exact="true")
        jobs.until(client, job, lambda job: job["progress"] > 0)
    server.stop(signal.SIGKILL)
    with serve().client() as client:
        job = jobs.ended(client, job)
        assert (job["state"], job["attempts"]) == ("succeeded", 2)
        result = client.get(job["links"]["result"]).content
        assert result == sources.by_command(source, tmp_path / "expected.wav", "--exact")


def test_a_server_that_is_asked_to_end_puts_its_jobs_back(serve, tmp_path):
    server = serve("--shutdown-timeout", 1)
    with server.client() as client:
        job = jobs.running(client, jobs.slow(client, tmp_path))
    begun = time.monotonic()
    assert server.stop(signal.SIGTERM) == 0
    assert time.monotonic() - begun < 10
    with serve("--job-workers", 0).client() as client:
        job = client.get(f"/jobs/{job['id']}").json()
        assert (job["state"], job["progress"]) == ("queued", 0)


def test_a_server_that_is_asked_to_end_finishes_what_it_can(serve, tmp_path):
    source = sources.wav(tmp_path / "seconds.wav", 20)
    server = serve()
    with server.client() as client:
        job = jobs.submitted(client, source)
        jobs.until(client, job, lambda job: job["state"] != "queued")
    assert server.stop(signal.SIGTERM) == 0
    with serve("--job-workers", 0).client() as client:
        assert client.get(f"/jobs/{job['id']}").json()["state"] == "succeeded"


def test_what_crashes_the_server_each_time_is_given_up_and_can_be_tried_again(serve, tmp_path):
    server = serve("--max-crashes", 2)
    with server.client() as client:
        job = jobs.slow(client, tmp_path)
    # The first crash does not count: another job could have been the cause.
    for crash in range(3):
        with server.client() as client:
            jobs.until(client, job, lambda job: job["attempts"] == crash + 1)
        server.stop(signal.SIGKILL)
        server = serve("--max-crashes", 2)
    with server.client() as client:
        job = jobs.ended(client, job)
        assert (job["state"], job["error"]["code"]) == ("failed", "gave_up")
        assert jobs.kept(server) == [job["id"]]
        again = client.post(f"/jobs/{job['id']}/retry")
        assert again.status_code == 202 and again.json()["state"] in {"queued", "running"}
        assert "error" not in again.json()
        jobs.until(client, job, lambda job: job["attempts"] == 4 and job["state"] == "running")
        jobs.refused(client.post(f"/jobs/{job['id']}/retry"), 409, "not_given_up")
        assert client.delete(f"/jobs/{job['id']}").status_code == 204
        assert jobs.kept(server) == []
        jobs.refused(client.post(f"/jobs/{job['id']}/retry"), 409, "not_given_up")


def test_a_job_beside_one_that_crashes_the_server_is_not_given_up(serve, tmp_path):
    server = serve("--max-crashes", 1)
    with server.client() as client:
        guilty = jobs.slow(client, tmp_path)
        innocent = jobs.running(client, jobs.slow(client, tmp_path))
        assert jobs.running(client, guilty)["attempts"] == 1
    server.stop(signal.SIGKILL)
    server = serve("--max-crashes", 1)
    with server.client() as client:
        # Now alone, although there is room for both.
        jobs.until(client, guilty, lambda job: job["attempts"] == 2)
        assert client.get(f"/jobs/{innocent['id']}").json()["state"] == "queued"
    server.stop(signal.SIGKILL)
    with serve("--max-crashes", 1).client() as client:
        guilty = jobs.ended(client, guilty)
        assert (guilty["state"], guilty["error"]["code"]) == ("failed", "gave_up")
        jobs.until(client, innocent, lambda job: (job["state"], job["attempts"]) == ("running", 2))


def refused(*command):
    return subprocess.run([ENHANCER, *map(str, command)], capture_output=True, text=True, timeout=60)


def test_two_servers_do_not_share_a_data_root(serve):
    server = serve()
    other = refused("serve", "--port", 0, "--data-root", server.data)
    assert other.returncode == 2
    assert "--data-root" in other.stderr and "another server uses it" in other.stderr


def test_a_worker_needs_a_database_that_it_can_share(tmp_path):
    worker = refused("worker", "--data-root", tmp_path)
    assert worker.returncode == 2 and "--database-url" in worker.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--database-url", "mysql://localhost/x"),
        ("--database-url", "postgres://enhancer@127.0.0.1:1/none"),
        ("--artefacts", "https://example.org"),
        ("--job-retention", "0"),
        ("--max-event-streams", "0"),
    ],
)
def test_bad_settings_stop_the_start(tmp_path, option, value):
    server = refused("serve", "--port", 0, "--data-root", tmp_path, option, value)
    assert server.returncode == 2 and option in server.stderr
