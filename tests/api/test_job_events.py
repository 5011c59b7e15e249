"""GET /jobs/{id}/events: following a job."""

import signal
import threading
from contextlib import ExitStack

import httpx
import jobs
import pytest
import sources
from jobs import QUICK, events, refused
from measured import wait_until


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return sources.wav(tmp_path_factory.mktemp("sources") / "talk.wav")


def follow(client, job):
    return client.stream("GET", f"/jobs/{job['id']}/events")


def test_progress_and_then_the_end_are_reported(client, tmp_path):
    job = jobs.slow(client, tmp_path)
    first = []
    with follow(client, job) as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["cache-control"] == "no-cache"
        for name, id, data in events(response):
            if name is None:
                continue
            if name != "progress":
                break
            # One event with progress is enough.
            if data["progress"] > 0 and not any(before["progress"] for before in first):
                assert client.post(f"/jobs/{job['id']}/cancel").status_code == 200
            first.append(data)
    progress = [data["progress"] for data in first]
    assert progress == sorted(progress) and all(0 <= value < 1 for value in progress)
    assert progress[-1] > 0
    assert {data["state"] for data in first} <= {"queued", "running"}
    assert name == "cancelled" and id == "1-cancelled"
    assert data == client.get(f"/jobs/{job['id']}").json()


def test_a_quick_job_is_followed_to_its_end(client, source):
    job = jobs.submitted(client, source, **QUICK)
    with follow(client, job) as response:
        *_, (name, id, job_at_end) = events(response)
    assert name == "succeeded" and id == "1-succeeded"
    assert job_at_end == client.get(f"/jobs/{job['id']}").json()


@pytest.mark.parametrize("last_id", [None, "1-0.420", "1-failed", "0-succeeded"])
def test_a_late_client_gets_the_end(client, source, last_id):
    job = jobs.ended(client, jobs.submitted(client, source, **QUICK))
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with client.stream("GET", job["links"]["events"], headers=headers) as response:
        ((name, _, job_at_end),) = events(response)
    assert name == "succeeded" and job_at_end == job


def test_a_client_that_has_seen_the_end_gets_204(client, source):
    """An EventSource connects again when its stream ends, unless the answer is 204."""
    job = jobs.submitted(client, source, **QUICK)
    with follow(client, job) as response:
        *_, (_, id, _) = events(response)
    answer = client.get(job["links"]["events"], headers={"Last-Event-ID": id})
    assert answer.status_code == 204 and answer.content == b""


def test_failure_and_cancellation_are_ends(serve, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("no audio")
    server = serve()
    with server.client() as client:
        with follow(client, jobs.submitted(client, other)) as response:
            *_, (name, _, job_at_end) = events(response)
        assert name == job_at_end["state"] == "failed" and job_at_end["error"]["status"] == 415
        job = jobs.running(client, jobs.slow(client, tmp_path))
        with follow(client, job) as response:
            stream = events(response)
            assert next(stream)[0] == "progress"
            assert client.post(f"/jobs/{job['id']}/cancel").status_code == 200
            *_, (name, _, last) = stream
        assert name == last["state"] == "cancelled"


def test_a_comment_keeps_a_silent_stream_alive(serve, source):
    with serve("--job-workers", 0).client() as client:
        with follow(client, jobs.submitted(client, source)) as response:
            stream = events(response)
            assert next(stream) == ("progress", "0-0.000", {"state": "queued", "progress": 0})
            # The next message comes although nothing happens.
            assert next(stream)[0] is None


def test_the_number_of_open_streams_is_limited(serve, source):
    server = serve("--job-workers", 0, "--max-event-streams", 4)
    with server.client() as client, ExitStack() as open:
        job = jobs.submitted(client, source)
        streams = [open.enter_context(follow(client, job)) for _ in range(3)]
        # Kept in a variable, because dropping the generator would close its stream.
        followed = [events(stream) for stream in streams]
        assert all(next(stream)[0] == "progress" for stream in followed)
        for _ in range(20):
            answer = client.get(job["links"]["events"])
            refused(answer, 503, "too_many_streams")
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["connection"] == "close"
        assert client.get(job["links"]["self"]).status_code == 200, "other routes still answer"
        # One of the four places is reserved for other clients.
        elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
        with server.client(transport=elsewhere) as other, follow(other, job) as response:
            assert next(events(response))[0] == "progress"
        streams[0].close()

        def is_followed():
            with follow(client, job) as response:
                return response.status_code == 200 and next(events(response))[0] == "progress"

        # A freed place can be used again.
        wait_until(is_followed)


def test_streams_end_when_the_server_does(serve, source):
    server = serve("--job-workers", 0)
    with server.client() as client:
        with follow(client, jobs.submitted(client, source)) as response:
            stream = events(response)
            assert next(stream)[0] == "progress"
            stopping = threading.Thread(target=server.stop, args=(signal.SIGTERM,))
            stopping.start()
            assert list(stream) == []
            stopping.join()
    assert server.process.poll() == 0
