"""A server that is killed, again and again, with jobs queued, running and ending."""

import random
import time

import httpx
from many_jobs import ENDED, ended, result, state, submit
from recordings import enhanced, speech

ROUNDS = 20
SEED = 20_261_123
OPTIONS = {"model": "gtcrn", "exact": "true"}
SECONDS = [0.5, 1, 4]


def test_nothing_is_lost_and_nothing_is_done_twice(serve, tmp_path):
    chance = random.Random(SEED)
    folder = tmp_path / "expected"
    folder.mkdir()
    expected = {seconds: enhanced(speech(seconds), folder, "--model", "gtcrn", "--exact") for seconds in SECONDS}
    # Every accepted job, with the end and the result that were seen.
    jobs, ends, results = [], {}, {}

    def look(client):
        """An end and a result that were seen once must stay the same."""
        for job, seconds in jobs:
            found = state(client, job)
            if job["id"] in ends:
                assert found["state"] == ends[job["id"]]
            if found["state"] == "succeeded":
                taken = result(client, job)
                assert taken == results.setdefault(job["id"], taken) == expected[seconds]
            if found["state"] in ENDED:
                ends[job["id"]] = found["state"]

    for _ in range(ROUNDS):
        server = serve("--max-crashes", ROUNDS + 2)
        with server.client() as client:
            look(client)
            for _ in range(chance.randrange(1, 4)):
                seconds = chance.choice(SECONDS)
                jobs.append((submit(client, speech(seconds), **OPTIONS), seconds))
            # The server is killed at any moment: this waits for nothing.
            time.sleep(chance.uniform(0, 1.2))
            server.process.kill()
            server.process.wait()

    # If the server dies while it accepts a job, the job exists completely or not at all.
    server = serve("--max-crashes", ROUNDS + 2)
    key = {"idempotency-key": "killed"}
    with server.client() as client:
        try:
            pieces = (server.process.kill() or speech(1) if number else speech(1) for number in range(2))
            client.post("/jobs", content=pieces, params=OPTIONS, headers=key)
        except httpx.HTTPError:
            pass

    with serve("--max-crashes", ROUNDS + 2).client() as client:
        for job, seconds in jobs:
            assert ended(client, job)["state"] == "succeeded"
        look(client)
    assert len(results) == len(jobs) >= ROUNDS
