"""Clients that are slow, by accident or on purpose."""

import contextlib
import select
import socket
import time

from measured import wait_until
from raw_socket import answer, connect
from recordings import speech


def head(length, path="/enhance?model=passthrough"):
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()


def test_slow_senders_do_not_delay_others(serve):
    server = serve("--max-sessions", 1, "--max-waiting", 0)
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connect(server)) for _ in range(100)]
        for connection in slow:
            connection.sendall(head(1_000_000))
        client = stack.enter_context(server.client())
        for _ in range(3):
            for connection in slow:
                connection.sendall(b"x")
            assert client.post("/enhance", content=speech(0.5)).status_code == 200


def test_slow_readers_do_not_delay_others(serve):
    server = serve("--max-sessions", 1, "--max-waiting", 0, "--model", "passthrough")
    recording = speech(60)
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            connection = stack.enter_context(connect(server))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(head(len(recording), "/enhance") + recording)
            # The first byte of the response: the work is done, and the rest stays unread.
            assert connection.recv(1) == b"H"
        client = stack.enter_context(server.client())
        assert client.post("/enhance", content=speech(0.5)).status_code == 200


def test_a_body_that_stops_coming_is_given_up(serve):
    server = serve("--body-timeout", 1)
    with connect(server) as connection:
        connection.sendall(head(1_000_000) + b"RIFF")
        said = answer(connection)
    assert said.startswith(b"HTTP/1.1 408 ") and b'"code":"body_timeout"' in said


def test_a_body_that_trickles_is_given_up(serve):
    # The pauses are shorter than the timeout, but the rate is far too low.
    server = serve("--body-timeout", 2, "--min-upload-rate", 1_000_000)
    with connect(server) as connection:
        connection.sendall(head(1_000_000))
        end = time.monotonic() + 60
        while not select.select([connection], [], [], 0.2)[0]:
            assert time.monotonic() < end, "it is still read"
            connection.sendall(b"x")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 408 ")


def test_any_rate_can_be_accepted(serve):
    timeout = 2
    server = serve("--body-timeout", timeout, "--min-upload-rate", 0)
    recording = speech(0.01)
    with connect(server) as connection:
        connection.sendall(head(len(recording)))
        # The whole body takes longer than the timeout, but each pause is far shorter.
        end, sent = time.monotonic() + 1.5 * timeout, 0
        while time.monotonic() < end:
            connection.sendall(recording[sent : sent + 1])
            sent += 1
            assert not select.select([connection], [], [], 0.1)[0], connection.recv(1 << 16)
        connection.sendall(recording[sent:])
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


def test_a_response_that_nobody_reads_is_given_up(serve):
    server = serve("--write-timeout", 1, "--model", "passthrough", "--log", "enhancer_server=debug")
    # More than the system buffers for a connection.
    recording = speech(240)
    with connect(server) as connection:
        connection.sendall(head(len(recording), "/enhance") + recording)
        assert connection.recv(1) == b"H"
        wait_until(lambda: "connection ended early" in server.log.read_text())
        received = 1
        with contextlib.suppress(ConnectionError):
            while more := connection.recv(1 << 20):
                received += len(more)
    assert received < len(recording)


def test_a_head_that_trickles_is_given_up(serve):
    server = serve()
    with connect(server) as connection:
        connection.settimeout(60)
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        # The server closes the connection, with or without an answer.
        with contextlib.suppress(ConnectionError):
            while connection.recv(1024):
                pass
