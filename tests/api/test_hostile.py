"""Hostile requests must not cost memory or the time of other clients, or cause wrong answers."""

import resource
import socket
import subprocess

import crafted
import pytest
from command import ENHANCER
from measured import metric, peak_memory, processor_seconds, wait_until
from raw_socket import answer, connect, head, send_chunks

FORM = "Content-Type: multipart/form-data; boundary=b"
MIB = bytes(1 << 20)


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"--b\r\n",
        b'--b\r\nContent-Disposition: form-data; name="',
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nRIFF\r\n--b',
    ],
    ids=["preamble", "head", "name", "boundary"],
)
def test_the_head_of_a_form_that_never_begins_is_not_kept(serve, beginning):
    server = serve("--model", "passthrough")
    before = peak_memory(server)
    with connect(server) as connection:
        connection.sendall(head("/enhance", FORM))
        if beginning:
            send_chunks(connection, beginning, 1)
        send_chunks(connection, b"x" * (1 << 20), 200)
        connection.shutdown(socket.SHUT_WR)
        assert b" 400 " in answer(connection).split(b"\r\n")[0]
    assert peak_memory(server) - before < 20e6


def test_a_fast_sender_does_not_fill_the_memory(serve):
    server = serve("--model", "passthrough", "--max-body", 250 << 20)
    before = peak_memory(server)
    with connect(server) as connection:
        connection.sendall(head("/enhance", FORM))
        part = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
        send_chunks(connection, part, 1)
        assert send_chunks(connection, MIB, 200) == 200
        connection.sendall(b"9\r\n\r\n--b--\r\n\r\n0\r\n\r\n")
        connection.recv(1)
    assert peak_memory(server) - before < 20e6


@pytest.mark.parametrize("form", [False, True])
def test_a_client_that_sends_too_much_gets_an_answer(serve, form):
    server = serve("--max-body", 100_000)
    content = {"files": {"file": ("a.wav", MIB * 50)}} if form else {"content": MIB * 50}
    with server.client() as client:
        for _ in range(3):
            response = client.post("/enhance", **content)
            assert response.status_code == 413 and response.json()["code"] == "body_too_large"
        # Without a declared length, the server notices only while it reads.
        pieces = client.post("/enhance", content=(MIB for _ in range(50)))
        assert pieces.status_code == 413 and pieces.json()["code"] == "body_too_large"


@pytest.mark.parametrize(("path", "status"), [("/enhance", b" 413 "), ("/enhance?mixx=1", b" 422 "), ("/nothing", b" 404 ")])
def test_an_answer_before_the_end_of_the_body_closes_the_connection(serve, path, status):
    server = serve("--max-body", 1000)
    with connect(server) as connection:
        length = 2000 if status == b" 413 " else 900
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode())
        said = answer(connection).lower()
    assert status in said.split(b"\r\n")[0] and b"\r\nconnection: close\r\n" in said
    with connect(server) as connection:
        # A connection whose body was read stays open.
        for last in (False, True):
            connection.sendall(b"POST /enhance HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nRIFF")
            head, _, _ = connection.recv(1 << 16).partition(b"\r\n\r\n")
            assert b" 415 " in head and b"connection: close" not in head.lower()


def test_a_client_that_asks_before_it_sends_too_much_sends_nothing(serve):
    server = serve("--max-body", 100_000)
    with connect(server) as connection:
        ask = "POST /enhance HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        connection.sendall(f"{ask}Content-Length: 200000\r\n\r\n".encode())
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_breaks_off_leaves_nothing(serve):
    server = serve("--model", "passthrough")
    with connect(server) as connection:
        connection.sendall(head("/enhance"))
        send_chunks(connection, MIB, 3)
        with server.client() as client:
            # The file has no name: only this metric shows it.
            wait_until(lambda: metric(client, "enhancer_storage_bytes") == 3 << 20)
            connection.shutdown(socket.SHUT_WR)
            assert b" 400 " in answer(connection).split(b"\r\n")[0]
            wait_until(lambda: metric(client, "enhancer_storage_bytes") == 0)
            assert client.get("/readyz").status_code == 200


def test_a_server_whose_connections_are_all_taken_still_ends(serve):
    server = serve("--max-connections", 2, "--shutdown-timeout", 1, "--body-timeout", 3600)
    with connect(server) as one, connect(server) as other:
        for connection in [one, other]:
            connection.sendall(head("/enhance"))
            send_chunks(connection, b"RIFF", 1)

        def are_taken():
            with server.client() as client:
                return client.get("/models").status_code == 503

        wait_until(are_taken)
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--cors-origin", "example.org"),
        ("--cors-origin", "https://example.org/"),
        ("--cors-origin", "https://example.org/page"),
        ("--write-timeout", "18446744073709551615"),
        ("--write-timeout", "0"),
        ("--body-timeout", "0"),
        ("--max-body", "0"),
    ],
)
def test_a_setting_that_could_never_work_stops_the_start(serve, option, value):
    with pytest.raises(RuntimeError, match=option):
        serve(option, value)


def test_a_malformed_host_is_refused(serve):
    server = serve()
    for host in ["example.org:x", "a b", "http://localhost"]:
        with connect(server) as connection:
            request = f"GET /models HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            assert answer(connection).split(b" ")[1] in {b"400", b"421"}, host


def test_the_limit_of_open_files_is_raised(serve):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        server = serve("--model", "passthrough")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed, most = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    assert allowed == most == hard


def test_too_few_open_files_are_warned_of_at_the_start(tmp_path):
    limited = ["sh", "-c", 'ulimit -n 200 && exec "$@"', "sh", ENHANCER]
    command = [*limited, "serve", "--port", "0", "--data-root", tmp_path / "data", "--model", "passthrough"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=tmp_path)
    try:
        assert server.stdout.readline().startswith(b"http://")
        assert "allows 200 open files" in (tmp_path / "log").read_text()
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def gap():
    """Half a kilobyte of FLAC whose last frames are 60 s later than its first."""
    rate = 655_350
    starts = [n * crafted.FRAME for n in range(6)]
    return crafted.flac(starts + [60 * rate + start for start in starts[:4]], 8, rate)


def many_comments():
    return crafted.flac([0], blocks=[crafted.flac_block(4, crafted.comments(200_000))])


@pytest.mark.parametrize("bomb", [gap, many_comments])
def test_small_files_that_declare_much_take_little(serve, bomb):
    server = serve("--model", "passthrough")
    content, plain = bomb(), crafted.flac([0], 8, 655_350)
    with server.client() as client:
        assert client.post("/enhance", content=plain).status_code == 200
        memory, before = peak_memory(server), processor_seconds(server)
        for _ in range(4):
            assert client.post("/enhance", content=plain).status_code == 200
        usual = processor_seconds(server) - before
        for _ in range(4):
            assert client.post("/enhance", content=content).status_code == 200
        bombs = processor_seconds(server) - before - usual
    assert peak_memory(server) - memory < 60e6
    # The silence is limited to a few times as many samples. Without the limit it would be hundreds
    # of times as long.
    assert bombs < 40 * max(usual, 0.1)


def test_clients_that_leave_leave_nothing_behind(serve):
    server = serve("--model", "passthrough", "--shutdown-timeout", 1)
    content = many_comments()
    for _ in range(6):
        with connect(server) as connection:
            connection.sendall(head("/enhance"))
            send_chunks(connection, content, 1)
            connection.sendall(b"0\r\n\r\n")
    with server.client() as client:
        # A session is active while a thread works for it.
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 0)
    assert server.stop() == 0


def test_an_answer_is_not_many_times_as_long_as_its_request(server):
    with server.client() as client:
        fields = "&".join(["a"] * 30_000)
        response = client.post(f"/enhance?{fields}", content=b"RIFF")
        assert response.status_code == 422 and len(response.content) < 1000
        few = client.post("/enhance?" + "&".join(f"a{n}" for n in range(30)), content=b"RIFF")
        assert few.status_code == 422 and len(few.json()["errors"]) == 24
        assert few.json()["detail"].endswith("and 6 more") and few.text.count("sample_format") == 4
        body = {f"unknown{n}": 1 for n in range(3000)}
        answer = client.post("/enhance-file", json=body)
        assert answer.status_code == 422 and len(answer.content) < 8000
        for path in ["/" + "a" * 30_000, "/enhance/" + "b" * 30_000]:
            assert len(client.get(path).content) < 6000


def test_other_users_cannot_open_the_data_root(serve):
    server = serve()
    assert server.data.stat().st_mode & 0o777 == 0o700
