"""Several processes that share one queue, in a real PostgreSQL, and one bucket."""

import random
import signal
import threading
from collections import defaultdict
from contextlib import closing

import pytest
from jobs import SLOW, begun
from many_jobs import ended, result, state, submit
from measured import wait_until
from postgres import postgres
from problems import assert_problem
from receiver import Receiver
from recordings import enhanced, speech
from s3 import BUCKET, s3
from sources import hours

JOBS = 40
# Long enough to be killed while they run, short enough for forty.
SECONDS = [1, 2, 5]
OPTIONS = {"model": "gtcrn", "exact": "true"}


@pytest.fixture(scope="module")
def cluster():
    with postgres() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def bucket():
    with s3() as bucket:
        yield bucket


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The command line's result for each recording."""
    folder = tmp_path_factory.mktemp("expected")
    return {seconds: enhanced(speech(seconds), folder, "--model", "gtcrn", "--exact") for seconds in SECONDS}


@pytest.fixture
def shared(serve, cluster, bucket, tmp_path):
    """Starts processes that share a queue and a bucket."""
    environment, _ = bucket
    database = cluster.database()

    def start(name, *options, **more):
        where = ["--database-url", database, "--artefacts", f"s3://{BUCKET}/{tmp_path.name}"]
        return serve(*where, *options, folder=tmp_path / name, environment=environment, **more)

    start.database = database.rsplit("/", 1)[1]
    return start


def test_one_of_two_servers_is_killed_midway(shared, cluster, expected):
    one, two = shared("one"), shared("two")
    with Receiver() as hooks, closing(one.client()) as first, closing(two.client()) as second:
        lengths = [SECONDS[number % len(SECONDS)] for number in range(JOBS)]
        clients = [first, second]
        jobs = [
            (submit(clients[number % 2], speech(seconds), webhook_url=hooks.url, **OPTIONS), seconds)
            for number, seconds in enumerate(lengths)
        ]
        states = lambda: [state(second, job)["state"] for job, _ in jobs]
        wait_until(lambda: states().count("succeeded") >= JOBS // 4, seconds=60)
        # It runs jobs that are recorded as its own.
        one.process.kill()
        for job, seconds in jobs:
            assert ended(second, job, seconds=120)["state"] == "succeeded"
            assert result(second, job) == expected[seconds]
        wait_until(lambda: len({hook.headers["webhook-id"] for hook in hooks.calls}) >= JOBS, seconds=60)

    by_job = defaultdict(set)
    for hook in hooks.calls:
        assert hook.json()["type"] == "job.succeeded"
        by_job[hook.json()["data"]["id"]].add(hook.headers["webhook-id"])
    assert by_job.keys() == {job["id"] for job, _ in jobs}
    # All attempts to send it have the same id.
    assert all(len(ids) == 1 for ids in by_job.values())
    rows = cluster.run("SELECT state, count(*) FROM enhancer_jobs GROUP BY state", shared.database)
    assert rows == [f"succeeded|{JOBS}"]


def test_a_worker_runs_the_jobs_of_a_server_without_workers(shared, expected):
    server = shared("server", "--job-workers", 0)
    with server.client() as client:
        jobs = [(submit(client, speech(seconds), **OPTIONS), seconds) for seconds in SECONDS]
        assert {state(client, job)["state"] for job, _ in jobs} == {"queued"}
        worker = shared("worker", command="worker")
        for job, seconds in jobs:
            assert ended(client, job)["state"] == "succeeded"
            assert result(client, job) == expected[seconds]
        assert worker.stop(signal.SIGTERM) == 0


def test_jobs_survive_an_outage_of_the_database(shared, cluster, tmp_path):
    server = shared("server")
    with server.client() as client:
        job = submit(client, speech(60), **SLOW)
        begun(server, job)
        with cluster.away():
            # The worker cannot reach the database, during a heartbeat or at the end of the job.
            words = ("a heartbeat failed", "cannot store the state of a job")
            wait_until(lambda: any(word in server.log.read_text() for word in words))
            assert_problem(client.get("/readyz"), 503, "storage")
            assert_problem(client.post("/jobs", content=speech(1)), 503, "storage")
            answer = client.post("/enhance", content=speech(1), params={"model": "passthrough"})
            assert answer.status_code == 200
        wait_until(lambda: client.get("/readyz").status_code == 200)
        found = ended(client, job, seconds=120)
        # It was finished by the worker that had it.
        assert (found["state"], found["attempts"]) == ("succeeded", 1)
        assert result(client, job) == enhanced(speech(60), tmp_path, "--exact")
        assert ended(client, submit(client, speech(1), **OPTIONS))["state"] == "succeeded"


def test_a_job_is_cancelled_wherever_it_runs(shared):
    server = shared("server", "--job-workers", 0)
    shared("worker", command="worker")
    with server.client() as client:
        job = submit(client, hours(), **SLOW)
        wait_until(lambda: state(client, job)["state"] == "running")
        assert client.post(f"/jobs/{job['id']}/cancel").status_code == 200
        assert state(client, job)["state"] == "cancelled"
        listed = lambda **filter: [job["id"] for job in client.get("/jobs", params=filter).json()["jobs"]]
        assert listed() == listed(state="cancelled", limit=1) == [job["id"]]
        assert listed(state="running") == []
        # The worker is free for another job.
        assert ended(client, submit(client, speech(1), **OPTIONS), seconds=20)["state"] == "succeeded"


def test_two_servers_take_one_key_once(shared):
    servers = [shared("one", "--job-workers", 0), shared("two", "--job-workers", 0)]
    answers = []

    def send(server):
        with server.client() as client:
            answers.append(client.post("/jobs", content=speech(1), headers={"idempotency-key": "same"}))

    threads = [threading.Thread(target=send, args=[server]) for server in servers * 4]
    random.Random(1).shuffle(threads)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_the_bucket_keeps_no_unneeded_objects(shared, bucket, tmp_path):
    _, objects = bucket
    kept = lambda: objects.list_objects_v2(Bucket=BUCKET, Prefix=tmp_path.name).get("Contents", [])
    with shared("server").client() as client:
        job = submit(client, speech(1), **OPTIONS)
        ended(client, job)
        # Only the result is left.
        wait_until(lambda: len(kept()) == 1)
        assert client.delete(f"/jobs/{job['id']}").status_code == 204
        wait_until(lambda: not kept())
