"""Several processes that share a queue in PostgreSQL and audio in S3."""

import signal
import time

import pytest
import postgres
import s3
import server as servers
from receiver import Receiver
from recordings import enhanced, speech
from submitted import submit, wait_for_all

JOBS = 40
SECONDS = (1, 2, 3, 5)
# So long nobody may hear of a worker before its jobs are given to others, and some.
PATIENCE_SECONDS = 90


@pytest.fixture(scope="module")
def cluster():
    with postgres.cluster() as made:
        yield made


@pytest.fixture
def queue(cluster):
    """A database of its own, and what to ask it."""
    name = cluster.new_database()
    return cluster.url(name), lambda sql: cluster.query(name, sql)


@pytest.fixture
def bucket():
    with s3.bucket() as made:
        yield made


def shared(queue, bucket):
    """The options of all that share a queue and a bucket."""
    return ["--database-url", queue[0], "--artefacts", bucket.url]


@pytest.fixture
def process(serve, queue, bucket, tmp_path):
    """Starts servers that share the queue and the bucket."""

    def start(name, *options):
        # Audio must come by way of the bucket: each has a disk of its own.
        options = ["--rate-limit", 100_000, *shared(queue, bucket), *options]
        return serve(*options, folder=tmp_path / name, environment=bucket.environment)

    return start


@pytest.fixture
def worker(queue, bucket, tmp_path):
    """Starts workers without a server, which share them too."""
    running = []

    def start(name):
        options = [*shared(queue, bucket), "--webhook-allow-private", "true"]
        running.append(servers.work(tmp_path / name, *options, environment=bucket.environment))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def submit_all(clients, folder, webhook_url, model="dtln"):
    """Submits jobs to servers in turns."""
    recordings = [(speech(seconds), enhanced(speech(seconds), folder, "--model", model)) for seconds in SECONDS]
    jobs = []
    for number in range(JOBS):
        recording, expected = recordings[number % len(recordings)]
        client = clients[number % len(clients)]
        jobs.append(submit(client, recording, expected, model=model, webhook_url=webhook_url))
    return jobs


def wait_for_running(query, has_work):
    """Waits until some jobs have ended and some run; so a kill meets work."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        states = dict(query("SELECT state, count(*) FROM enhancer_jobs GROUP BY state"))
        if int(states.get("succeeded", 0)) >= JOBS // 4 and has_work():
            return
        time.sleep(0.02)
    raise AssertionError(f"no job runs there: {states}")


def check_end(query, jobs, receiver, bucket):
    """Whether all is as it should be when all jobs have ended."""
    end = time.monotonic() + PATIENCE_SECONDS
    ids = {job.url.rsplit("/", 1)[1] for job in jobs}
    while {call.json()["data"]["id"] for call in receiver.calls} != ids:
        assert time.monotonic() < end, f"{len(receiver.calls)} webhooks came"
        time.sleep(0.1)
    by_job = {}
    for call in receiver.calls:
        told = call.json()
        assert told["type"] == "job.succeeded" and told["data"]["state"] == "succeeded", told
        by_job.setdefault(told["data"]["id"], set()).add(call.headers["webhook-id"])
    assert all(len(names) == 1 for names in by_job.values()), "a notice was repeated by another id"
    assert len(set.union(*by_job.values())) == JOBS
    assert query("SELECT state, count(*) FROM enhancer_jobs GROUP BY state") == [["succeeded", str(JOBS)]]
    assert query("SELECT count(*) FROM enhancer_jobs WHERE webhook_state = 'delivered'") == [[str(JOBS)]]
    # Sources are deleted with the end of their jobs.
    assert len([key for key in bucket.keys() if "/results/" in f"/{key}"]) >= JOBS


def kill_with_work(query, process):
    """Kills a process while it runs a job."""

    def has_work():
        return query(f"SELECT 1 FROM enhancer_jobs WHERE state = 'running' AND owner LIKE '{process.pid}-%'")

    wait_for_running(query, has_work)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_jobs_of_a_killed_server_are_done_by_another(process, queue, bucket, tmp_path):
    _, query = queue
    with Receiver() as receiver:
        first, second = process("first"), process("second")
        with first.client() as one, second.client() as other:
            jobs = submit_all([one, other], tmp_path, receiver.url)
            kill_with_work(query, first.process)
            wait_for_all(other, jobs, PATIENCE_SECONDS)
            check_end(query, jobs, receiver, bucket)
            for job in jobs:
                assert job.look(other)


def test_a_worker_does_the_jobs_of_servers_that_run_none(process, worker, queue, bucket, tmp_path):
    _, query = queue
    with Receiver() as receiver:
        server = process("server", "--job-workers", 0)
        doomed = worker("doomed")
        with server.client() as client:
            jobs = submit_all([client], tmp_path, receiver.url)
            kill_with_work(query, doomed)
            worker("other")
            wait_for_all(client, jobs, PATIENCE_SECONDS)
            check_end(query, jobs, receiver, bucket)
