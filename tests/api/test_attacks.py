"""Attacks that the other files do not cover."""

import contextlib
import resource
import socket
from urllib.parse import urlsplit

import pytest
from many_jobs import ended, submit
from problems import assert_problem
from recordings import speech

STREAMS = 10_000


def test_ten_thousand_streams_of_events_are_refused_politely(serve):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    streams = min(STREAMS, hard - 200)
    assert streams >= 2_000, "the system lets a process open too few files"
    server = serve("--max-event-streams", 50, "--rate-limit", 100_000, "--job-workers", 0)
    address = urlsplit(server.url)
    try:
        with contextlib.ExitStack() as stack, server.client() as client:
            job = submit(client, speech(1))
            ask = f"GET /jobs/{job['id']}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            answers = {}
            for _ in range(streams):
                connection = stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=30))
                connection.sendall(ask)
                head = connection.recv(4096)
                status = int(head.split()[1])
                answers[status] = answers.get(status, 0) + 1
                if status == 503:
                    assert b"retry-after" in head.lower() and b"too_many_streams" in head
                    # The server closes it and keeps nothing.
                    assert not connection.recv(4096)
            assert answers == {200: 37, 503: streams - 37}
            assert client.get("/healthz").status_code == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("end", ["", "/events", "/result"])
@pytest.mark.parametrize(
    "id",
    [
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "%00",
        "..%5c..%5cwindows",
        "%252e%252e%252f",
        "1'%20OR%20'1'='1",
        "00000000-0000-0000-0000-000000000000",
        "x" * 4_000,
    ],
)
def test_an_id_cannot_lead_to_another_path(client, id, end):
    assert_problem(client.get(f"/jobs/{id}{end}"), 404, "not_found")


def test_a_wrong_length_in_a_header_does_no_harm(client):
    recording = bytearray(speech(0.1))
    # The header declares 4 GiB.
    recording[4:8] = recording[40:44] = b"\xff\xff\xff\xff"
    answer = client.post("/enhance", content=bytes(recording), params={"model": "passthrough"})
    assert answer.status_code in {200, 422}


def test_a_job_without_a_recording_fails_and_says_why(client):
    job = ended(client, submit(client, b"hello, this is a text\n"))
    assert job["state"] == "failed" and job["error"]["code"] == "unsupported_audio"


def test_an_ambiguous_request_is_refused(serve):
    server = serve()
    address = urlsplit(server.url)
    smuggled = (
        b"POST /enhance HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\nhello\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(smuggled)
        assert connection.recv(4096).startswith(b"HTTP/1.1 400")
