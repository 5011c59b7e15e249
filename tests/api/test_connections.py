"""How many connections one client may have."""

from contextlib import ExitStack

from measured import wait_until
from raw_socket import connect, head

LIMIT = 5
ASK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def asked(connection):
    """The answer to a request, or nothing if the connection was closed."""
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
        # Its existing connections still work.
        assert asked(connections[0]).startswith(b"HTTP/1.1 200 ")

    def again():
        with connect(server) as connection:
            return asked(connection).startswith(b"HTTP/1.1 200 ")

    # It can replace a closed connection as soon as the server has noticed the end.
    wait_until(again)


def test_health_routes_answer_when_all_connections_are_taken(serve):
    server = serve("--model", "passthrough", "--max-connections", 2)
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(connect(server)).sendall(head("/enhance"))

        def ask(path):
            # Each has its own connection.
            with server.client() as client:
                return client.get(path)

        wait_until(lambda: ask("/models").status_code == 503)
        for path in ["/healthz", "/readyz"] * 10:
            answer = ask(path)
            assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        refused = ask("/models")
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_connections")
        assert int(refused.headers["retry-after"]) > 0
    wait_until(lambda: ask("/models").status_code == 200)


def limited(server, sender):
    """Whether that sender is over the rate limit, after more requests than are allowed."""
    with server.client(headers={"X-Forwarded-For": sender}) as client:
        return 429 in [client.get("/models").status_code for _ in range(10)]


def test_limits_count_the_clients_of_a_trusted_proxy(serve):
    options = ("--model", "passthrough", "--rate-limit", 1)
    server = serve(*options, "--trusted-proxy", "127.0.0.0/8,10.0.0.1")
    assert limited(server, "192.0.2.1")
    with server.client() as proxy:
        for sender in ["192.0.2.2", "203.0.113.9, 192.0.2.3, 10.0.0.1"]:
            answer = proxy.get("/models", headers={"X-Forwarded-For": sender})
            assert answer.status_code == 200, sender
        # An address that a client claims itself does not count.
        claims = [{"X-Forwarded-For": f"198.51.100.{claim}, 192.0.2.4"} for claim in range(10)]
        assert 429 in [proxy.get("/models", headers=headers).status_code for headers in claims]
    server.stop()
    untrusted = serve(*options)
    assert limited(untrusted, "192.0.2.1") and limited(untrusted, "192.0.2.2")


def test_a_trusted_proxy_can_have_more_connections_than_a_client(serve):
    server = serve("--model", "passthrough", "--max-client-connections", LIMIT, "--trusted-proxy", "127.0.0.1")
    with ExitStack() as held:
        connections = [held.enter_context(connect(server)) for _ in range(2 * LIMIT)]
        assert all(asked(connection).startswith(b"HTTP/1.1 200 ") for connection in connections)
