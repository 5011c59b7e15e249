"""/jobs: from a recording to its result, and refusals."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import jobs
import pytest
import sources
from jobs import QUICK, refused
from measured import wait_until


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return sources.wav(tmp_path_factory.mktemp("sources") / "talk.wav")


@pytest.fixture
def waiting(serve):
    """A client of a server that runs no jobs, and the server."""
    server = serve("--job-workers", 0)
    with server.client() as client:
        yield client, server


def time_of(text):
    return datetime.fromisoformat(text)


def kept_for(job):
    """How long a job is kept, to the second: its end and its expiry are read one after the other."""
    seconds = (time_of(job["expires"]) - time_of(job["finished"])).total_seconds()
    return timedelta(seconds=round(seconds))


def test_a_job_gives_the_same_as_the_command_line(
    server, client, source, tmp_path
):
    job = jobs.submitted(client, source, model="gtcrn", loudness="-20")
    assert uuid.UUID(job["id"]).version == 7
    assert job["state"] in ("queued", "running") and job["progress"] < 1
    assert job["options"] == {"model": "gtcrn", "loudness": -20} and job["file_name"] == "talk.wav"
    assert not {"result", "error", "webhook", "finished", "expires"} & job.keys()
    job = jobs.ended(client, job)
    assert (job["state"], job["progress"], job["attempts"]) == ("succeeded", 1, 1)
    assert (job["duration_seconds"], job["model"], job["warnings"]) == (1, "gtcrn", [])
    assert time_of(job["created"]) <= time_of(job["started"]) <= time_of(job["finished"])
    assert kept_for(job) == timedelta(days=1)
    options = ("--model", "gtcrn", "--loudness", "-20")
    expected = sources.by_command(source, tmp_path / "expected.wav", *options)
    assert job["result"] == {
        "url": f"/jobs/{job['id']}/result",
        "media_type": "audio/wav",
        "file_name": "talk.enhanced.wav",
        "bytes": len(expected),
    }
    for _ in range(2):
        result = client.get(job["result"]["url"])
        assert result.status_code == 200 and result.content == expected
    assert result.headers["content-type"] == "audio/wav"
    assert result.headers["content-length"] == str(len(expected))
    assert 'filename="talk.enhanced.wav"' in result.headers["content-disposition"]
    assert jobs.kept(server) == [f"{job['id']}.1"], "the source is no longer needed"


def test_a_plain_body_is_a_recording_too(client, source):
    params = {"model": "passthrough", "format": "flac"}
    answer = client.post("/jobs", content=source.read_bytes(), params=params)
    assert answer.status_code == 202, answer.text
    job = jobs.ended(client, answer.json())
    assert "file_name" not in job and job["options"] == params
    result = client.get(job["links"]["result"])
    assert result.headers["content-type"] == "audio/flac" and result.content[:4] == b"fLaC"


def test_a_job_has_its_options_in_their_types(waiting, source):
    client, _ = waiting
    asked = {"mix": "0.5", "track": "1", "strict": "true", "input_gain": "auto", "priority": "low"}
    typed = {"mix": 0.5, "track": 1, "strict": True, "input_gain": "auto", "priority": "low"}
    job = jobs.submitted(client, source, webhook_url="", **asked)
    assert job["options"] == typed
    assert jobs.submitted(client, source, input_gain="-3.5")["options"] == {"input_gain": -3.5}


def test_a_file_that_is_not_a_recording_fails_and_says_why(client, tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("no audio at all " * 100)
    job = jobs.ended(client, jobs.submitted(client, other))
    assert job["state"] == "failed" and "result" not in job
    assert job["error"]["code"] == "unsupported_audio" and job["error"]["status"] == 415
    problem = refused(client.get(job["links"]["result"]), 409, "job_failed")
    assert job["error"]["detail"] in problem["detail"]


def test_there_is_no_result_before_the_end(waiting, source):
    client, _ = waiting
    job = jobs.submitted(client, source)
    answer = client.get(job["links"]["result"])
    assert refused(answer, 409, "job_not_finished")["retry_after"] == 2
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize("id", ["x", "1", "..", "%00", str(uuid.UUID(int=4))])
@pytest.mark.parametrize("path", ["", "/events", "/result"])
def test_an_unknown_job_is_not_found(client, id, path):
    refused(client.get(f"/jobs/{id}{path}".replace("..", "%2e%2e")), 404, "not_found")
    if not path:
        refused(client.delete(f"/jobs/{id}".replace("..", "%2e%2e")), 404, "not_found")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"model": "none"}, {"model"}),
        ({"mix": "2", "strict": "maybe"}, {"mix", "strict"}),
        ({"unknown": "1"}, {"unknown"}),
        ({"webhook_url": "no url"}, {"webhook_url"}),
        ({"webhook_url": "ftp://example.org"}, {"webhook_url"}),
        ({"webhook_url": "https://user:secret@example.org"}, {"webhook_url"}),
    ],
)
def test_wrong_fields_are_reported_together(server, client, source, fields, wrong):
    kept = jobs.kept(server)
    problem = refused(jobs.submit(client, source, **fields), 422, "invalid_value")
    assert {error["field"] for error in problem["errors"]} == wrong
    assert jobs.kept(server) == kept


def test_a_request_without_a_recording_is_refused(client):
    refused(client.post("/jobs"), 422, "invalid_value")
    refused(client.post("/jobs", files={"other": b"x"}), 422, "invalid_value")


def test_too_many_waiting_jobs_are_refused(serve, source):
    with serve("--job-workers", 0, "--max-queued", 2).client() as client:
        first = jobs.submitted(client, source, key="one")
        jobs.submitted(client, source)
        for key in (None, "another"):
            answer = jobs.submit(client, source, key=key)
            refused(answer, 503, "queue_full")
            assert int(answer.headers["retry-after"]) > 0
        assert jobs.submitted(client, source, key="one")["id"] == first["id"], "it needs no room"
        assert client.delete(f"/jobs/{first['id']}").status_code == 204
        jobs.submitted(client, source)


def test_a_repeated_request_is_one_job(client, source, tmp_path):
    job = jobs.submitted(client, source, key="repeated", **QUICK)
    assert jobs.submitted(client, source, key="repeated", **QUICK)["id"] == job["id"]
    assert jobs.ended(client, job)["state"] == "succeeded"
    again = jobs.submitted(client, source, key="repeated", **QUICK)
    assert (again["id"], again["state"]) == (job["id"], "succeeded")
    other = sources.wav(tmp_path / "other.wav", 2)
    webhook = {"webhook_url": "http://127.0.0.1:9/"}
    for path, fields in [(other, QUICK), (source, {}), (source, QUICK | webhook)]:
        refused(jobs.submit(client, path, key="repeated", **fields), 409, "idempotency_conflict")
    assert client.delete(f"/jobs/{job['id']}").status_code == 204
    assert jobs.submitted(client, other, key="repeated")["id"] != job["id"], "the key is free"


def test_requests_that_come_together_are_one_job(waiting, source):
    client, server = waiting

    def attempt(_):
        return jobs.submitted(client, source, key="together")["id"]

    with ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(attempt, range(32)))
    assert len(ids) == 1
    assert jobs.kept(server) == list(ids), "sources of the others are gone"


@pytest.mark.parametrize("key", ["a b", "ü".encode(), "x" * 256, ""])
def test_malformed_keys_are_refused(client, source, key):
    answer = client.post(
        "/jobs", content=source.read_bytes(), headers={"Idempotency-Key": key}
    )
    (error,) = refused(answer, 422, "invalid_value")["errors"]
    assert error["field"] == "Idempotency-Key"


def test_a_waiting_job_is_cancelled_and_then_deleted(waiting, source):
    client, server = waiting
    job = jobs.submitted(client, source)
    assert jobs.kept(server) == [job["id"]]
    cancelled = client.post(f"/jobs/{job['id']}/cancel")
    assert cancelled.status_code == 200, cancelled.text
    job = cancelled.json()
    assert job["state"] == "cancelled" and {"finished", "expires"} <= job.keys()
    assert client.get(f"/jobs/{job['id']}").json() == job
    assert jobs.kept(server) == []
    refused(client.get(job["links"]["result"]), 409, "job_cancelled")
    # A second cancellation changes nothing.
    assert client.post(f"/jobs/{job['id']}/cancel").json() == job
    assert client.delete(f"/jobs/{job['id']}").status_code == 204
    refused(client.delete(f"/jobs/{job['id']}"), 404, "not_found")
    refused(client.post(f"/jobs/{job['id']}/cancel"), 404, "not_found")


def test_a_job_that_has_ended_cannot_be_cancelled(client, source):
    job = jobs.ended(client, jobs.submitted(client, source, **QUICK))
    problem = refused(client.post(f"/jobs/{job['id']}/cancel"), 409, "job_ended")
    assert "succeeded" in problem["detail"]
    assert client.get(job["links"]["result"]).status_code == 200


@pytest.mark.parametrize("how", ["cancel", "delete"])
def test_the_worker_of_a_cancelled_or_deleted_job_takes_the_next_one(serve, source, tmp_path, how):
    server = serve("--job-workers", 1)
    with server.client() as client:
        job = jobs.running(client, jobs.slow(client, tmp_path))
        behind = jobs.submitted(client, source, **QUICK)
        path = f"/jobs/{job['id']}"
        if how == "cancel":
            assert client.post(f"{path}/cancel").status_code == 200
            assert client.get(path).json()["state"] == "cancelled"
        else:
            assert client.delete(path).status_code == 204
            refused(client.get(path), 404, "not_found")
        # It would have taken hours.
        assert jobs.ended(client, behind)["state"] == "succeeded"
        if how == "cancel":
            assert jobs.ended(client, job)["state"] == "cancelled"
        assert jobs.kept(server) == [f"{behind['id']}.1"]


def test_a_finished_job_is_deleted_with_its_result(server, client, source):
    job = jobs.ended(client, jobs.submitted(client, source, **QUICK))
    assert f"{job['id']}.1" in jobs.kept(server)
    assert client.delete(f"/jobs/{job['id']}").status_code == 204
    assert f"{job['id']}.1" not in jobs.kept(server)
    for path in ("self", "events", "result"):
        refused(client.get(job["links"][path]), 404, "not_found")


def test_results_expire(serve, source):
    server = serve("--job-retention", 2)
    with server.client() as client:
        job = jobs.ended(client, jobs.submitted(client, source, **QUICK))
        assert client.get(job["links"]["result"]).status_code == 200
        jobs.gone(client, job)
        refused(client.get(job["links"]["result"]), 404, "not_found")
        assert kept_for(job) == timedelta(seconds=2)
        wait_until(lambda: not jobs.kept(server))


def test_jobs_are_measured(client, source):
    jobs.ended(client, jobs.submitted(client, source, **QUICK))
    metrics = lambda: client.get("/metrics").text
    wait_until(lambda: 'enhancer_jobs{state="queued"} 0' in metrics())
    assert 'enhancer_jobs_finished_total{outcome="succeeded"}' in metrics()


def test_jobs_and_keys_belong_to_a_token(serve, source):
    one, other = ("one-token-of-16-characters", "other-token-of-16-characters")

    def as_client(server, token):
        return server.client(headers={"Authorization": f"Bearer {token}"})

    server = serve()
    with server.client() as anybody:
        free = jobs.ended(anybody, jobs.submitted(anybody, source, **QUICK))
    server.stop()
    server = serve("--auth-token", f"{one},{other}")
    with as_client(server, one) as owner, as_client(server, other) as stranger:
        job = jobs.ended(owner, jobs.submitted(owner, source, key="1", **QUICK))
        path = f"/jobs/{job['id']}"
        for ask in [
            lambda: stranger.get(path),
            lambda: stranger.get(f"{path}/events"),
            lambda: stranger.get(f"{path}/result"),
            lambda: stranger.post(f"{path}/cancel"),
            lambda: stranger.post(f"{path}/retry"),
            lambda: stranger.post(f"{path}/redeliver"),
            lambda: stranger.delete(path),
        ]:
            refused(ask(), 404, "not_found")
        # The same key of another token is another key.
        theirs = jobs.submitted(stranger, source, key="1", mix="0.5", **QUICK)
        assert theirs["id"] != job["id"]
        assert jobs.submitted(owner, source, key="1", **QUICK)["id"] == job["id"]
        # Jobs that were submitted without a token are for all.
        assert stranger.get(f"/jobs/{free['id']}").status_code == 200
        assert owner.get(f"{path}/result").status_code == 200
    server.stop()
    with serve().client() as anybody:
        assert anybody.get(path).status_code == 200


def test_answers_must_not_be_cached(client, source):
    job = jobs.ended(client, jobs.submitted(client, source, **QUICK))
    for path in [job["links"]["self"], job["links"]["result"]]:
        assert client.get(path).headers["cache-control"] == "no-store"
    with client.stream("GET", job["links"]["events"]) as response:
        assert response.headers["cache-control"] == "no-cache"
