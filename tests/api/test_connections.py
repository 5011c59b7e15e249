"""How many connections one client may have."""

import time
from contextlib import ExitStack

from raw_socket import connect

LIMIT = 5
ASK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def asked(connection):
    """The answer to a request; nothing if the connection is closed instead."""
    try:
        connection.sendall(ASK)
        return connection.recv(4096)
    except OSError:
        return b""


def test_a_client_that_has_all_its_connections_gets_no_more(serve):
    server = serve("--model", "passthrough", "--max-client-connections", LIMIT)
    with ExitStack() as held:
        connections = [held.enter_context(connect(server)) for _ in range(LIMIT)]
        assert all(asked(connection).startswith(b"HTTP/1.1 200 ") for connection in connections)
        with connect(server) as further:
            assert asked(further) == b""
        # Those that it has are as good as before.
        assert asked(connections[0]).startswith(b"HTTP/1.1 200 ")
    # What it gives back it can have again, as soon as the server has seen it.
    for _ in range(100):
        with connect(server) as again:
            if asked(again).startswith(b"HTTP/1.1 200 "):
                return
        time.sleep(0.1)
    raise AssertionError("the connections were not given back")
