"""Jobs survive the end of the server, of any kind."""

import os
import signal
import sqlite3
import subprocess
import threading
from contextlib import closing, suppress
from pathlib import Path

import jobs
import pytest
import sources
from command import ENHANCER
from jobs import QUICK
from measured import wait_until
from recordings import speech


@pytest.fixture
def source(tmp_path):
    return sources.wav(tmp_path / "talk.wav")


def test_waiting_jobs_and_results_survive_the_server(serve, source):
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
        for job in waiting:
            assert jobs.ended(client, job)["state"] == "succeeded"
            assert client.get(job["links"]["result"]).content == result


def test_a_running_job_runs_again_after_a_crash(serve, tmp_path):
    # Long enough to be killed while it runs, on any machine.
    source = sources.wav(tmp_path / "long.wav", 240)
    server = serve()
    with server.client() as client:
        job = jobs.submitted(client, source, exact="true")
    jobs.begun(server, job)
    server.stop(signal.SIGKILL)
    with serve().client() as client:
        job = jobs.ended(client, job)
        assert (job["state"], job["attempts"]) == ("succeeded", 2)
        result = client.get(job["links"]["result"]).content
        assert result == sources.by_command(source, tmp_path / "expected.wav", "--exact")


def test_a_server_that_is_stopped_puts_its_jobs_back(serve, tmp_path):
    server = serve("--shutdown-timeout", 1)
    with server.client() as client:
        job = jobs.running(client, jobs.slow(client, tmp_path))
    # The job would have taken hours.
    assert server.stop(signal.SIGTERM) == 0
    with serve("--job-workers", 0).client() as client:
        job = client.get(f"/jobs/{job['id']}").json()
        assert (job["state"], job["progress"]) == ("queued", 0)


def test_a_server_that_is_stopped_finishes_short_jobs(serve, tmp_path):
    source = sources.wav(tmp_path / "seconds.wav", 20)
    server = serve()
    with server.client() as client:
        job = jobs.submitted(client, source)
        jobs.until(client, job, lambda job: job["state"] != "queued")
    assert server.stop(signal.SIGTERM) == 0
    with serve("--job-workers", 0).client() as client:
        assert client.get(f"/jobs/{job['id']}").json()["state"] == "succeeded"


def test_a_job_that_always_crashes_the_server_is_given_up_and_can_be_retried(serve, tmp_path):
    server = serve("--max-crashes", 2)
    with server.client() as client:
        job = jobs.slow(client, tmp_path)
    # The first crash does not count: another job could have been the cause.
    for crash in range(3):
        jobs.begun(server, job, crash + 1)
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
        assert client.post(f"/jobs/{job['id']}/cancel").status_code == 200
        assert jobs.kept(server) == []
        jobs.refused(client.post(f"/jobs/{job['id']}/retry"), 409, "not_given_up")


def test_a_job_beside_one_that_crashes_the_server_is_not_given_up(serve, tmp_path):
    server = serve("--max-crashes", 1)
    with server.client() as client:
        guilty = jobs.slow(client, tmp_path)
        innocent = jobs.slow(client, tmp_path)
    for job in (guilty, innocent):
        jobs.begun(server, job)
    server.stop(signal.SIGKILL)
    server = serve("--max-crashes", 1)
    jobs.begun(server, guilty, 2)
    with server.client() as client:
        # Now it runs alone, although there is room for both.
        assert client.get(f"/jobs/{innocent['id']}").json()["state"] == "queued"
    server.stop(signal.SIGKILL)
    with serve("--max-crashes", 1).client() as client:
        guilty = jobs.ended(client, guilty)
        assert (guilty["state"], guilty["error"]["code"]) == ("failed", "gave_up")
        jobs.until(client, innocent, lambda job: (job["state"], job["attempts"]) == ("running", 2))


def children(server):
    """The child processes of a server."""
    found = []
    for children in Path(f"/proc/{server.process.pid}/task").glob("*/children"):
        # A thread may end in the meantime.
        with suppress(FileNotFoundError, ProcessLookupError):
            found += children.read_text().split()
    return [int(child) for child in found]


def is_running(process):
    """Whether the process still runs."""
    with suppress(FileNotFoundError, ProcessLookupError):
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    return False


def suspect_all(server):
    """Makes all jobs of a stopped server run in separate processes."""
    with closing(sqlite3.connect(server.data / "jobs.sqlite")) as database, database:
        database.execute("UPDATE enhancer_jobs SET suspect = 1")


def test_the_crash_of_a_suspected_job_does_not_end_others(serve, tmp_path):
    server = serve()
    with server.client() as client:
        job = jobs.slow(client, tmp_path)
    jobs.begun(server, job)
    server.stop(signal.SIGKILL)
    server = serve("--max-crashes", 2)
    answers = []

    def enhance():
        with server.client() as client:
            answers.append(client.post("/enhance", content=speech(60)))

    beside = threading.Thread(target=enhance)
    with server.client() as client:
        jobs.begun(server, job, 2)
        beside.start()
        for attempt in (2, 3):
            # It runs in a separate process, and that crashes.
            jobs.begun(server, job, attempt)
            wait_until(lambda: len(children(server)) == 1)
            (child,) = children(server)
            os.kill(child, signal.SIGKILL)
            wait_until(lambda: child not in children(server))
        job = jobs.ended(client, job)
        assert (job["error"]["code"], job["attempts"]) == ("gave_up", 3)
        # A new job runs as usual.
        source = sources.wav(tmp_path / "talk.wav")
        assert jobs.ended(client, jobs.submitted(client, source, **QUICK))["state"] == "succeeded"
        assert children(server) == []
    beside.join()
    assert answers[0].status_code == 200
    assert server.stop(signal.SIGTERM) == 0


def test_the_process_of_a_job_does_what_the_server_does(serve, tmp_path):
    server = serve("--job-workers", 0)
    text = tmp_path / "notes.txt"
    text.write_text("no audio at all " * 100)
    source = sources.wav(tmp_path / "talk.wav", 2)
    with server.client() as client:
        options = {"loudness": "-20", "format": "flac", "model": "gtcrn", "score": "true"}
        good = jobs.submitted(client, source, **options)
        bad = jobs.submitted(client, text)
        cancelled = jobs.slow(client, tmp_path)
    assert server.stop() == 0
    suspect_all(server)
    server = serve()
    with server.client() as client:
        good = jobs.ended(client, good)
        assert (good["state"], good["model"], good["attempts"]) == ("succeeded", "gtcrn", 1)
        assert good["score"]["after"]["loudness"] == pytest.approx(-20, abs=0.1)
        options = ("--loudness", "-20", "--model", "gtcrn")
        expected = sources.by_command(source, tmp_path / "expected.flac", *options)
        assert client.get(good["links"]["result"]).content == expected
        assert good["result"]["file_name"] == "talk.enhanced.flac"
        bad = jobs.ended(client, bad)
        assert bad["error"]["code"] == "unsupported_audio" and bad["error"]["status"] == 415
        jobs.until(client, cancelled, lambda job: job["progress"] > 0)
        assert len(children(server)) == 1
        assert client.post(f"/jobs/{cancelled['id']}/cancel").status_code == 200
        wait_until(lambda: children(server) == [])


def suspected(serve, tmp_path, *options):
    """A long job, and a server that runs it in a separate process."""
    server = serve("--job-workers", 0)
    with server.client() as client:
        job = jobs.slow(client, tmp_path)
    assert server.stop() == 0
    suspect_all(server)
    return job, serve(*options)


def test_stopping_the_process_of_a_job_is_not_a_crash(serve, tmp_path):
    job, server = suspected(serve, tmp_path, "--max-crashes", 1, "--shutdown-timeout", 1)
    with server.client() as client:
        jobs.until(client, job, lambda job: job["progress"] > 0)
        # A supervisor stops all processes of a service.
        (child,) = children(server)
        os.kill(child, signal.SIGTERM)
        jobs.begun(server, job, 2)
        jobs.until(client, job, lambda job: job["progress"] > 0)
    assert len(children(server)) == 1
    assert server.stop(signal.SIGTERM) == 0
    with serve("--job-workers", 0).client() as client:
        assert client.get(f"/jobs/{job['id']}").json()["state"] == "queued"


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


def test_the_process_of_a_job_ends_with_its_server(serve, tmp_path):
    job, server = suspected(serve, tmp_path, "--max-crashes", 1)
    with server.client() as client:
        jobs.until(client, job, lambda job: job["progress"] > 0)
    (child,) = children(server)
    assert is_running(child)
    server.stop(signal.SIGKILL)
    wait_until(lambda: not is_running(child))
