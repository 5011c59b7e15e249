"""Errors that are known before the body are reported before the body."""

import pytest
from problems import assert_problem
from raw_socket import answer, connect, head, send_chunks
from recordings import speech

WRONG = [
    "/enhance?mix=2",
    "/enhance?modle=gtcrn",
    "/jobs?model=nothing",
    "/jobs?webhook_url=nowhere",
    "/jobs?webhook_url=http://a.test&webhook_url=http://b.test",
]


@pytest.mark.parametrize("path", WRONG)
@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"], ids=["sends", "asks first"])
def test_a_wrong_option_is_reported_before_the_body(server, path, expect):
    with connect(server) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n{expect}\r\n"
        # The client sends nothing of the body, or a little.
        connection.sendall(head.encode() + (b"" if expect else b"RIFF"))
        answer = connection.recv(1 << 16)
    assert answer.startswith(b"HTTP/1.1 422 ") and b"invalid_value" in answer


def test_a_client_that_continues_to_send_sees_the_refusal(server):
    with connect(server) as connection:
        connection.sendall(head("/enhance?mix=2"))
        # Far more than the buffers in between hold, without reading an answer.
        assert send_chunks(connection, bytes(1 << 16), 256) == 256
        assert answer(connection).startswith(b"HTTP/1.1 422 ")


def test_right_options_of_the_query_are_used(client):
    assert client.post("/enhance?model=passthrough&mix=0.5", content=speech(0.1)).status_code == 200
    made = client.post("/jobs?model=passthrough", content=speech(0.1))
    assert made.status_code == 202
    assert_problem(client.post("/jobs?mix=x", content=speech(0.1)), 422, "invalid_value")
