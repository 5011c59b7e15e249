"""Webhooks of POST /enhance-file: what is posted, when, and which addresses are not allowed."""

import base64
import hashlib
import hmac
import shutil
import socket
import subprocess
import threading
import time

import pytest
import sources
from measured import metric, wait_until
from raw_socket import connect, head, post_json, send_chunks
from receiver import Receiver

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def start(serve):
    """Starts a server with a source."""

    def start(*options, **more):
        server = serve("--model", "passthrough", *options, **more)
        sources.raw(server.files / "in.raw", seconds=0.1)
        return server

    return start


def post(server, url, source="in.raw", **more):
    fields = {"source_path": source, "output_path": "out.raw", "webhook_url": url}
    with server.client() as client:
        return client.post("/enhance-file", json=fields, **more)


def is_made(server):
    """Whether the result exists and is right: passthrough returns its input."""
    output = server.files / "out.raw"
    return output.exists() and output.read_bytes() == (server.files / "in.raw").read_bytes()


def unreachable(response):
    assert response.status_code == 504, response.text
    assert response.json()["code"] == "webhook_unreachable"
    return response.json()["detail"]


def refused(response):
    assert response.status_code == 422, response.text
    (error,) = response.json()["errors"]
    assert error["field"] == "webhook_url"
    return error["detail"]


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def test_success_is_posted_once_the_result_is_there(start):
    server = start()
    with Receiver() as receiver:
        answer = post(server, f"{receiver.url}?token=a%20b#part")
    assert answer.status_code == 200, answer.text
    (call,) = receiver.calls
    assert call.path == "/done?token=a%20b"
    assert call.json() == {"file_name": "in.raw", "event": "success"}
    assert call.headers["content-type"] == "application/json"
    assert call.headers["user-agent"].startswith("enhancer/")
    assert call.headers["webhook-id"] == answer.json()["session_id"]
    assert abs(int(call.headers["webhook-timestamp"]) - time.time()) < 60
    # Without a secret there is no signature.
    assert "webhook-signature" not in call.headers
    assert is_made(server)


def test_the_file_is_the_base_name_of_the_source(start):
    server = start()
    (server.files / "talks").mkdir()
    (server.files / "talks" / "monday one.raw").write_bytes((server.files / "in.raw").read_bytes())
    output = f"{server.files}/./out.raw"
    for source in ("talks/monday one.raw", f"{server.files}/./talks/monday one.raw"):
        with Receiver() as receiver, server.client() as client:
            fields = {"source_path": source, "output_path": output, "webhook_url": receiver.url}
            answer = client.post("/enhance-file", json=fields)
        assert answer.json()["output_path"] == output
        assert receiver.calls[0].json()["file_name"] == "monday one.raw"


def test_exception_is_posted_and_the_failure_answered(start):
    server = start()
    (server.files / "text.wav").write_text("This is not audio, whatever its name says. " * 9)
    with Receiver() as receiver:
        answer = post(server, receiver.url, source="text.wav")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_audio")
    assert [call.json() for call in receiver.calls] == [
        {"file_name": "text.wav", "event": "exception"}
    ]
    # The answer is the same if the webhook cannot be reached.
    answer = post(server, f"http://127.0.0.1:{free_port()}", source="text.wav")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_audio")
    assert not (server.files / "out.raw").exists()


def test_nothing_is_posted_for_a_request_that_was_refused(start):
    server = start()
    with Receiver() as receiver:
        assert post(server, receiver.url, source="missing.raw").status_code == 404
        assert post(server, receiver.url, source="../in.raw").status_code == 422
    assert receiver.calls == []


def test_signatures_are_those_of_standard_webhooks(start):
    server = start(environment={"ENHANCER_WEBHOOK_SECRET": SECRET})
    with Receiver(500, 204) as receiver:
        assert post(server, receiver.url).status_code == 200
    assert len(receiver.calls) == 2
    for call in receiver.calls:
        signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode()
        digest = hmac.new(bytes(range(32)), signed + call.body, hashlib.sha256).digest()
        expected = "v1," + base64.b64encode(digest).decode()
        assert call.headers["webhook-signature"] == expected
    assert SECRET[6:] not in server.log.read_text()


def test_a_malformed_secret_stops_the_start_and_is_not_shown(start):
    for secret in ["whsec_c2hvcnQ=", "kEpT", SECRET[6:], SECRET + "*"]:
        with pytest.raises(RuntimeError, match="ENHANCER_WEBHOOK_SECRET") as stopped:
            start(environment={"ENHANCER_WEBHOOK_SECRET": secret})
        assert secret.removeprefix("whsec_") not in str(stopped.value)


def test_a_receiver_that_fails_at_first_is_called_again(start):
    server = start()
    with Receiver(500, 429, 200) as receiver:
        assert post(server, receiver.url).status_code == 200
    # The id shows the receiver that it is the same notice.
    assert len(receiver.calls) == 3
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1


# 410 means that the receiver wants no more calls.
@pytest.mark.parametrize("status, attempts", [(500, 3), (404, 3), (410, 1)])
def test_a_receiver_that_never_succeeds_is_given_up(start, status, attempts):
    server = start()
    with Receiver(status) as receiver:
        assert str(status) in unreachable(post(server, receiver.url))
    assert len(receiver.calls) == attempts
    assert is_made(server)


def test_fewer_attempts_can_be_set(start):
    server = start("--webhook-attempts", 1)
    with Receiver(500) as receiver:
        unreachable(post(server, receiver.url))
    assert len(receiver.calls) == 1


def test_an_unreachable_receiver_is_reported_and_the_output_kept(start):
    server = start()
    detail = unreachable(post(server, f"http://127.0.0.1:{free_port()}/done"))
    assert "refused" in detail and "out.raw" in detail
    assert is_made(server)


def test_an_unknown_host_is_reported_and_the_output_kept(start):
    server = start("--webhook-allow-private", "false")
    unreachable(post(server, "http://receiver.invalid/done"))
    assert is_made(server)


def test_a_receiver_that_never_answers_is_not_waited_for(start):
    server = start("--webhook-attempts", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        detail = unreachable(post(server, f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert "in time" in detail
    assert is_made(server)


def test_an_endless_answer_is_not_read(start):
    server = start()
    sent, stopped = [], threading.Event()

    def pour(listener):
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
            try:
                while len(sent) < 10_000:
                    sent.append(connection.send(b"x" * 65_536))
            except OSError:
                pass
        stopped.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=pour, args=(listener,), daemon=True).start()
        answer = post(server, f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert answer.status_code == 200
        assert stopped.wait(10)
    # Only as much as the buffers of the sockets hold.
    assert sum(sent) < 32 << 20


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(start, status):
    server = start("--webhook-attempts", 1)
    with Receiver() as target, Receiver(status, headers={"Location": target.url}) as receiver:
        assert str(status) in unreachable(post(server, receiver.url))
    assert len(receiver.calls) == 1 and target.calls == []


def test_proxies_are_not_used(start):
    with Receiver() as proxy, Receiver() as receiver:
        environment = {name: proxy.url for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"]}
        server = start(environment=environment)
        assert post(server, receiver.url).status_code == 200
    assert len(receiver.calls) == 1 and proxy.calls == []


def test_the_work_goes_on_for_the_webhook_when_the_client_leaves(start):
    server = start("--max-sessions", 1)
    with Receiver() as receiver, server.client() as client, connect(server) as before:
        before.sendall(head("/enhance?model=deepfilternet3&exact=true"))
        send_chunks(before, sources.hours(), 1)
        before.sendall(b"0\r\n\r\n")
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 1)
        with connect(server) as leaving:
            post_json(leaving, "/enhance-file", source_path="in.raw", output_path="out.raw", webhook_url=receiver.url)
            wait_until(lambda: metric(client, "enhancer_waiting_sessions") == 1)
        before.close()
        wait_until(lambda: receiver.calls)
        wait_until(lambda: is_made(server))
    assert receiver.calls[0].json()["event"] == "success" and is_made(server)


def test_a_server_that_is_stopped_delivers_first(start):
    server = start()
    with Receiver(500, 204) as receiver:
        with connect(server) as leaving:
            post_json(leaving, "/enhance-file", source_path="in.raw", output_path="out.raw", webhook_url=receiver.url)
            # It will be called again.
            wait_until(lambda: receiver.calls)
        assert server.stop() == 0
        assert [call.json()["event"] for call in receiver.calls] == ["success"] * 2
    assert is_made(server)


def test_outcomes_are_counted(start):
    server = start("--webhook-attempts", 2)
    with Receiver(500, 204) as receiver:
        assert post(server, receiver.url).status_code == 200
    with server.client() as client:
        metrics = client.get("/metrics").text.splitlines()
    for outcome in ["delivered", "failed"]:
        assert f'enhancer_webhook_deliveries_total{{outcome="{outcome}"}} 1' in metrics


def test_certificates_are_checked(start, tmp_path):
    both = tmp_path / "both.pem"
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    assert shutil.which("openssl"), "needed to make a certificate"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=receiver".split()
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-addext", "basicConstraints=critical,CA:FALSE"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    with Receiver(certificate=both) as receiver:
        strangers = start("--webhook-attempts", 1)
        assert "certificate" in unreachable(post(strangers, receiver.url)).lower()
        assert receiver.calls == []
        friends = start(
            folder=tmp_path / "friends", environment={"SSL_CERT_FILE": str(certificate)}
        )
        assert post(friends, receiver.url).status_code == 200
        assert len(receiver.calls) == 1


def test_http_works_without_any_root_certificates(start, tmp_path):
    (tmp_path / "none.pem").touch()
    server = start(environment={"SSL_CERT_FILE": str(tmp_path / "none.pem")})
    with Receiver() as receiver:
        assert post(server, receiver.url).status_code == 200
    assert len(receiver.calls) == 1


PRIVATE = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "0177.0.0.01",
    "%31%32%37.0.0.1",
    "①②⑦.0.0.1",
    "0",
    "0.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "0xa000001",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "2852039166",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "localhost",
    "LOCALHOST",
]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server whose webhooks must not lead to private networks."""
    import server as servers

    folder = tmp_path_factory.mktemp("guarded")
    options = ["--model", "passthrough", "--webhook-allow-private", "false"]
    server = servers.start(folder, *options)
    sources.raw(server.files / "in.raw", seconds=0.1)
    yield server
    server.stop()
    server.process.stdout.close()


@pytest.mark.parametrize("host", PRIVATE)
def test_webhooks_do_not_lead_to_private_networks(guarded, host):
    with Receiver() as receiver:
        url = f"http://{host}:{receiver.port}/"
        assert "--webhook-allow" in refused(post(guarded, url))
    assert receiver.calls == []
    # It was refused before any work was done.
    assert {path.name for path in guarded.files.iterdir()} == {"in.raw"}


def test_names_that_lead_to_private_networks_are_refused(guarded):
    with Receiver() as receiver:
        refused(post(guarded, f"http://{socket.gethostname()}:{receiver.port}/"))
        # Not every resolver knows this name, but none may lead there.
        assert post(guarded, f"http://localhost.:{receiver.port}/").status_code in {422, 504}
    assert receiver.calls == []


def test_private_networks_are_allowed_to_a_server_on_loopback_only(start, tmp_path):
    with Receiver() as receiver:
        # It listens on all addresses, and the tests call it on loopback.
        exposed = ["--interface", "0.0.0.0", "--files-root", "."]
        server = start(*exposed)
        server.url = server.url.replace("0.0.0.0", "127.0.0.1")
        refused(post(server, receiver.url))
        assert receiver.calls == []
        server = start(*exposed, "--webhook-allow-private", "true", folder=tmp_path / "allowed")
        server.url = server.url.replace("0.0.0.0", "127.0.0.1")
        assert post(server, receiver.url).status_code == 200
        assert len(receiver.calls) == 1
