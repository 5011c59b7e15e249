"""Defaults depend on who can reach a server: one with a token or a host name is exposed."""

import socket

import jobs
import pytest
import sources
from problems import assert_problem
from raw_socket import answer, connect
from receiver import Receiver

TOKEN = "a-token-of-16-characters"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
FILE = {"source_path": "a.wav", "output_path": "b.wav"}


def status(server, host, path="/models", more=""):
    with connect(server) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n"
        connection.sendall(request.encode())
        return int(answer(connection).split(b" ")[1])


def everywhere(serve, *options):
    """A server on all interfaces, which the tests call on loopback."""
    server = serve("--interface", "0.0.0.0", "--model", "passthrough", *options)
    server.url = server.url.replace("0.0.0.0", "127.0.0.1")
    return server


def test_without_a_token_foreign_names_are_refused_on_every_interface(serve):
    server = everywhere(serve)
    for host in ["127.0.0.1:1", "192.0.2.7", "[2001:db8::1]:80", "LOCALHOST:8080", socket.gethostname()]:
        assert status(server, host) == 200, host
    for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example"]:
        assert status(server, host) == 421, host
        # Orchestrators use any name.
        assert status(server, host, "/healthz") == 200


def test_allowed_hosts_apply_on_every_interface(serve):
    for more in [(), ("--auth-token", TOKEN)]:
        server = everywhere(serve, "--allowed-host", "box.test", *more)
        token = f"Authorization: Bearer {TOKEN}\r\n"
        for host in ["box.test", "Box.Test:8080", "localhost", "127.0.0.1"]:
            assert status(server, host, more=token) == 200, host
        for host in ["evil.example", "192.0.2.7"]:
            assert status(server, host, more=token) == 421, host
        server.stop()


def test_with_a_token_any_name_will_do(serve):
    assert status(everywhere(serve, "--auth-token", TOKEN), "any.example", more=f"Authorization: Bearer {TOKEN}\r\n") == 200


@pytest.mark.parametrize("options", [("--auth-token", TOKEN), ("--allowed-host", "box.test")])
def test_an_exposed_server_calls_no_private_webhook_and_reads_no_file(serve, tmp_path, options):
    source = sources.wav(tmp_path / "a.wav")
    with serve(*options, "--model", "passthrough").client(headers=BEARER) as client:
        for host in ["127.0.0.1:9", "localhost:9", "10.0.0.1", "169.254.169.254", "[::1]"]:
            answer = jobs.submit(client, source, webhook_url=f"http://{host}/")
            assert "--webhook-allow" in assert_problem(answer, 422, "invalid_value")["detail"], host
        assert "--files-root" in assert_problem(client.post("/enhance-file", json=FILE), 403, "files_off")["detail"]


def test_private_webhooks_are_allowed_by_name_address_or_network(serve, tmp_path):
    source = sources.wav(tmp_path / "a.wav")
    for allowed, refused in [("127.0.0.0/8", "[::1]"), ("localhost", "127.0.0.1")]:
        server = serve("--auth-token", TOKEN, "--webhook-allow", allowed, "--model", "passthrough", folder=tmp_path / allowed.replace("/", "-"))
        with server.client(headers=BEARER) as client, Receiver() as receiver:
            host = "localhost" if allowed == "localhost" else "127.0.0.1"
            url = f"http://{host}:{receiver.port}/"
            job = jobs.submitted(client, source, webhook_url=url)
            jobs.until(client, job, lambda job: job["webhook"]["state"] == "delivered")
            answer = jobs.submit(client, source, webhook_url=f"http://{refused}:{receiver.port}/")
            assert_problem(answer, 422, "invalid_value")


def test_link_local_webhooks_are_never_allowed(serve, tmp_path):
    source = sources.wav(tmp_path / "a.wav")
    options = ("--webhook-allow-private", "true", "--webhook-allow", "169.254.0.0/16,fe80::/10")
    with serve(*options).client() as client:
        for host in ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "0xa9fea9fe"]:
            answer = jobs.submit(client, source, webhook_url=f"http://{host}/")
            assert_problem(answer, 422, "invalid_value")


def test_files_are_not_quoted_and_the_root_of_the_system_is_refused(serve):
    with pytest.raises(RuntimeError, match="--files-root.*root of the file system"):
        serve("--files-root", "/")
    server = serve("--auth-token", TOKEN, "--files-root", ".", "--model", "passthrough")
    (server.files / "a.wav").write_bytes(b"SECRETKEY0 and more of that")
    with server.client(headers=BEARER) as client:
        answer = client.post("/enhance-file", json=FILE)
        assert_problem(answer, 415, "unsupported_audio")
        assert "SECRET" not in answer.text
