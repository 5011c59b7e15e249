"""GET /jobs: the states of many jobs, page by page."""

import jobs
import pytest
import sources
from jobs import QUICK, refused

ONE, OTHER = "one-token-of-16-characters", "other-token-of-16-characters"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return sources.wav(tmp_path_factory.mktemp("sources") / "talk.wav")


def listed(client, **filter):
    """The ids of all jobs, and the number of jobs on each page."""
    ids, sizes = [], []
    while True:
        answer = client.get("/jobs", params=filter)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        ids += [job["id"] for job in page["jobs"]]
        sizes.append(len(page["jobs"]))
        if "next_cursor" not in page:
            return ids, sizes
        filter["cursor"] = page["next_cursor"]


def test_jobs_are_listed_page_by_page(serve, source):
    with serve("--job-workers", 0).client() as client:
        assert client.get("/jobs").json() == {"jobs": []}
        submitted = [jobs.submitted(client, source, mix="0.5")["id"] for _ in range(5)]
        newest_first = submitted[::-1]
        assert listed(client) == (newest_first, [5])
        assert listed(client, limit=2) == (newest_first, [2, 2, 1])
        assert listed(client, limit=5) == (newest_first, [5])
        (first, *_) = client.get("/jobs").json()["jobs"]
        assert first == client.get(first["links"]["self"]).json()
        # New jobs do not move the pages while a client reads them.
        page = client.get("/jobs", params={"limit": 2}).json()
        jobs.submitted(client, source)
        ids, _ = listed(client, cursor=page["next_cursor"])
        assert ids == newest_first[2:]


def test_jobs_are_listed_by_state(client, source, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("no audio at all " * 100)
    done = jobs.ended(client, jobs.submitted(client, source, **QUICK))["id"]
    failed = jobs.ended(client, jobs.submitted(client, notes))["id"]
    assert listed(client, state="succeeded") == ([done], [1])
    assert listed(client, state="failed") == ([failed], [1])
    assert listed(client, state="queued") == ([], [0])
    assert listed(client) == ([failed, done], [2])


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("state=done", {"state"}),
        ("limit=0&cursor=x", {"limit", "cursor"}),
        ("limit=101", {"limit"}),
        ("limit=2&limit=3", {"limit"}),
        ("page=2", {"page"}),
    ],
)
def test_wrong_queries_are_refused(client, query, wrong):
    errors = refused(client.get(f"/jobs?{query}"), 422, "invalid_value")["errors"]
    assert {error["field"] for error in errors} == wrong


def test_a_token_lists_its_own_jobs(serve, source):
    as_client = lambda server, token: server.client(headers={"Authorization": f"Bearer {token}"})
    server = serve("--job-workers", 0)
    with server.client() as anybody:
        free = jobs.submitted(anybody, source)["id"]
    server.stop()
    server = serve("--job-workers", 0, "--auth-token", f"{ONE},{OTHER}")
    with as_client(server, ONE) as one, as_client(server, OTHER) as other:
        owned = [jobs.submitted(one, source)["id"] for _ in range(3)]
        theirs = jobs.submitted(other, source)["id"]
        assert listed(one, limit=2) == (owned[::-1], [2, 1])
        assert listed(one, state="queued", limit=2) == (owned[::-1], [2, 1])
        assert listed(one, state="running") == ([], [0])
        assert listed(other) == ([theirs], [1])
    server.stop()
    with serve("--job-workers", 0).client() as anybody:
        assert listed(anybody) == ([theirs, *owned[::-1], free], [5])


def test_ids_stay_secret_where_others_reach_the_server_without_a_token(serve, source):
    with serve("--job-workers", 0, "--allowed-host", "box.test").client() as client:
        job = jobs.submitted(client, source)
        problem = refused(client.get("/jobs"), 403, "jobs_not_listed")
        assert "--auth-token" in problem["detail"]
        assert client.get(job["links"]["self"]).status_code == 200
