"""Limits of a request: work, the size of the result, disk space, and the share of one client."""

import threading

import crafted
import httpx
import pytest
from jobs import SLOW, submit, submitted
from measured import metric, wait_until
from problems import assert_problem
from recordings import speech
from sources import hours

PASS = {"model": "passthrough"}
ONE, OTHER, URGENT = ("one-token-of-16-characters", "other-token-of-16-characters", "urgent-token-of-16-characters")


def as_client(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def spoken(tmp_path):
    """A recording of 300 kB."""
    path = tmp_path / "speech.wav"
    path.write_bytes(speech(3.125))
    return path


def test_a_small_file_does_not_become_a_large_result(serve):
    server = serve("--max-result", 20_000_000)
    # Two minutes of silence in 58 kB. The header does not declare the length.
    bomb = crafted.flac([n * crafted.FRAME for n in range(1200)], 8, 655_350)
    with server.client() as client:
        answer = client.post("/enhance", content=bomb, params=PASS | {"format": "wav"})
        assert "the limit is 20000000" in assert_problem(answer, 422, "limit_exceeded")["detail"]
        answer = client.post("/enhance", content=bytes(12_000_000), params=PASS | {"raw_sample_format": "s16le", "sample_format": "f32le"})
        assert "24000000" in assert_problem(answer, 422, "limit_exceeded")["detail"]
    assert list((server.data / "spool").iterdir()) == []


def test_work_is_limited_by_channels_and_seconds(serve):
    server = serve("--max-channel-seconds", 100)
    with server.client() as client:
        raw = {"raw_sample_format": "s16le", "raw_channels": 64, "raw_sample_rate": 1000}
        answer = client.post("/enhance", content=bytes(2 * 64 * 2000), params=PASS | raw)
        detail = assert_problem(answer, 422, "limit_exceeded")["detail"]
        assert "128" in detail and "100" in detail
        assert client.post("/enhance", content=bytes(2 * 64 * 1000), params=PASS | raw).status_code == 200
        # Decoded samples count too.
        silence = crafted.flac([n * crafted.FRAME for n in range(20)], 8, 48_000)
        assert_problem(client.post("/enhance", content=silence, params=PASS), 422, "limit_exceeded")
        answer = client.post("/enhance", content=bytes(64), params=PASS | raw | {"raw_sample_rate": 999})
        assert "from 1000 to" in assert_problem(answer, 422, "invalid_value")["detail"]


def test_all_files_together_are_limited(serve, spoken):
    options = ("--max-storage", 1_000_000, "--job-workers", 0)
    server = serve(*options)
    with server.client() as client:
        assert_problem(client.post("/enhance", content=bytes(1_500_000)), 507, "storage_full")
        # There is space for the recording, but not for its result.
        grown = PASS | {"format": "wav", "sample_format": "f32le"}
        assert_problem(client.post("/enhance", content=speech(4), params=grown), 507, "storage_full")
        assert client.post("/enhance", content=speech(4), params=PASS).status_code == 200
        first, second = submitted(client, spoken), submitted(client, spoken)
        assert_problem(submit(client, spoken), 507, "storage_full")
    server.stop()
    # Kept files also count after a restart.
    with serve(*options).client() as client:
        assert_problem(submit(client, spoken), 507, "storage_full")
        for job in (first, second):
            assert client.delete(f"/jobs/{job['id']}").status_code == 204
        submitted(client, spoken)
        submitted(client, spoken)


def test_some_of_the_disk_stays_free(serve, spoken):
    server = serve("--min-free", 1 << 60)
    with server.client() as client:
        assert_problem(client.get("/readyz"), 503, "storage")
        assert_problem(submit(client, spoken), 507, "storage_full")


def test_one_client_cannot_take_all_turns(serve):
    tokens = ("--auth-token", f"{ONE},{OTHER}")
    server = serve(*tokens, "--max-sessions", 2, "--max-waiting", 0)
    with server.client(headers=as_client(ONE)) as one, server.client(headers=as_client(OTHER)) as other:

        def work():
            try:
                one.post("/enhance", content=hours(), params=SLOW)
            except httpx.HTTPError:
                # The server is killed at the end of the test.
                pass

        thread = threading.Thread(target=work)
        thread.start()
        wait_until(lambda: metric(other, "enhancer_active_sessions") == 1)
        assert_problem(one.post("/enhance", content=speech(1), params=PASS), 503, "busy")
        assert other.post("/enhance", content=speech(1), params=PASS).status_code == 200
        server.process.kill()
        thread.join()


def test_high_priority_needs_its_own_token_where_tokens_are_needed(serve, spoken):
    server = serve("--auth-token", ONE, "--priority-token", URGENT)
    high = PASS | {"priority": "high"}
    with server.client(headers=as_client(ONE)) as client:
        answer = client.post("/enhance", content=speech(1), params=high)
        assert "--priority-token" in assert_problem(answer, 422, "invalid_value")["detail"]
        assert_problem(submit(client, spoken, **high), 422, "invalid_value")
        assert client.post("/enhance", content=speech(1), params=PASS).status_code == 200
    with server.client(headers=as_client(URGENT)) as client:
        assert client.post("/enhance", content=speech(1), params=high).status_code == 200
    with server.client() as client:
        assert_problem(client.post("/enhance", content=speech(1), params=PASS), 401, "unauthorized")
