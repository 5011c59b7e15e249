"""A server that is killed again and again loses nothing that it has accepted."""

import random
import signal
import threading
import time

import httpx
from recordings import enhanced, speech
from submitted import submit, wait_for_all

SEED = 20_261_123
ROUNDS = 20
# About what the longest recording takes.
LONGEST_LIFE_SECONDS = 1
SECONDS = (0.2, 1, 4)
OPTIONS = {"model": "dtln"}


def submit_and_look(server, jobs, recordings, rng):
    """Submits recordings and looks at jobs in turns, until the server is gone."""
    with server.client() as client:
        while True:
            key = f"{rng.getrandbits(64):x}"
            recording, expected = rng.choice(recordings)
            try:
                jobs.append(submit(client, recording, expected, key, **OPTIONS))
                for job in rng.sample(jobs, min(3, len(jobs))):
                    job.look(client)
                time.sleep(rng.uniform(0.02, 0.1))
            except httpx.TransportError:
                return


def spare(server, jobs):
    """Waits for jobs that were met by kills again and again: of one that fails five times a server
    has to think that the job is what kills it."""
    with server.client() as client:
        begun = [job for job in jobs if job.ended is None and client.get(job.url).json()["attempts"] >= 3]
        wait_for_all(client, begun, seconds=60)


def test_nothing_is_lost_or_done_twice_by_twenty_kills(serve, tmp_path):
    rng = random.Random(SEED)
    recordings = [
        (speech(seconds), enhanced(speech(seconds), tmp_path, "--model", OPTIONS["model"])) for seconds in SECONDS
    ]
    jobs = []
    for _ in range(ROUNDS):
        server = serve("--rate-limit", 100_000)
        spare(server, jobs)
        life = rng.uniform(0, LONGEST_LIFE_SECONDS)
        print(f"killed after {life:.3f} s with {len(jobs)} jobs")
        killer = threading.Timer(life, server.process.send_signal, [signal.SIGKILL])
        killer.start()
        submit_and_look(server, jobs, recordings, rng)
        killer.join()
        server.process.wait()

    ended_early = sum(job.ended is not None for job in jobs)
    # The kills met jobs in all states, or they proved little.
    assert 0 < ended_early < len(jobs), (ended_early, len(jobs))
    with serve("--rate-limit", 100_000).client() as client:
        wait_for_all(client, jobs, seconds=60)
        seen = [client.get(job.url).json() for job in jobs]
        assert any(job["attempts"] > 1 for job in seen), "no job was running when its server was killed"
        # Whoever repeats a request gets the job that there is.
        for job in rng.sample(jobs, 5):
            assert submit(client, job.recording, job.expected, job.key, **OPTIONS).url == job.url
        for job in jobs:
            assert job.look(client)
