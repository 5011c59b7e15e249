"""Jobs as clients use them."""

import json
import time

import sources
from measured import wait_until

# The options for quick and for slow jobs.
QUICK = {"model": "passthrough"}
SLOW = {"model": "deepfilternet3", "exact": "true"}

PATIENCE_SECONDS = 120


def submit(client, path, *, key=None, **fields):
    """Submits a recording as a form; returns the answer."""
    headers = {"Idempotency-Key": key} if key else {}
    with path.open("rb") as file:
        return client.post("/jobs", files={"file": (path.name, file)}, data=fields, headers=headers)


def submitted(client, path, **fields):
    """Submits a recording and returns the job."""
    answer = submit(client, path, **fields)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/jobs/{answer.json()['id']}"
    return answer.json()


def slow(client, folder, **fields):
    """A job that runs for longer than any test."""
    source = folder / "slow.flac"
    source.write_bytes(sources.hours())
    return submitted(client, source, **SLOW, **fields)


def until(client, job, reached):
    """Waits until the condition holds for the job, and returns the job."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        answer = client.get(f"/jobs/{job['id']}")
        assert answer.status_code == 200, answer.text
        if reached(answer.json()):
            return answer.json()
        time.sleep(0.05)
    raise TimeoutError(answer.text)


def ended(client, job):
    return until(client, job, lambda job: job["state"] not in ("queued", "running"))


def running(client, job):
    return until(client, job, lambda job: job["state"] == "running")


def begun(server, job, attempt=1):
    """Waits until a worker runs that attempt of a job: only then can a crash be its fault."""
    words = ("job started", job["id"], f"attempt={attempt} ")
    lines = lambda: server.log.read_text().splitlines()
    wait_until(lambda: any(all(word in line for word in words) for line in lines()), PATIENCE_SECONDS)


def gone(client, job):
    """Waits until the job is gone."""
    wait_until(lambda: client.get(f"/jobs/{job['id']}").status_code == 404, PATIENCE_SECONDS)


def refused(answer, status, code):
    """The problem of the response."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    return problem


def events(response):
    """Yields name, id and data of each event as it comes; a comment as (None, None, text)."""
    event = {}
    for line in response.iter_lines():
        if line.startswith(":"):
            yield None, None, line[1:].strip()
        elif line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif event:
            yield event["event"], event["id"], json.loads(event["data"])
            event = {}


def kept(server):
    """The artefacts that a server keeps."""
    return sorted(path.name for path in (server.data / "artefacts").rglob("*") if path.is_file())
