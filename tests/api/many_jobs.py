"""Jobs as a client sees them."""

import time

# The states in the order in which a job goes through them.
ENDED = {"succeeded", "failed", "cancelled"}


def submit(client, recording, **query):
    """Submits a recording and returns the job."""
    response = client.post("/jobs", content=recording, params=query)
    assert response.status_code == 202, response.text
    job = response.json()
    assert response.headers["location"] == f"/jobs/{job['id']}"
    return job


def state(client, job):
    """The job as it is now."""
    response = client.get(f"/jobs/{job['id']}")
    assert response.status_code == 200, response.text
    return response.json()


def ended(client, job, seconds=60):
    """Waits for the end of a job and returns the job."""
    end = time.monotonic() + seconds
    while (found := state(client, job))["state"] not in ENDED:
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


def result(client, job):
    """The result of a job that succeeded."""
    response = client.get(f"/jobs/{job['id']}/result")
    assert response.status_code == 200, response.text
    return response.content
