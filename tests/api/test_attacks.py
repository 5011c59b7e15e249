"""What only attackers send: too many streams, too long bodies, names and paths that are traps."""

import asyncio
import resource
import time
from urllib.parse import urlsplit

import pytest
from problems import assert_problem
from raw_socket import answer, connect, head, send_chunks
from recordings import enhanced, speech
from submitted import submit, wait_for_all

MOST_STREAMS = 10_000
FEWEST_STREAMS = 2_000
KEPT_STREAMS = 256
MEBIBYTE = 1 << 20


@pytest.fixture
def many_files():
    """As many open files as this machine allows; gives how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def open_stream(address, path, gate):
    """Asks for a stream; gives the head of the answer, and the connection, which stays open."""
    async with gate:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        told = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    return told.decode().lower(), writer


async def open_streams(server, path, count):
    gate = asyncio.Semaphore(500)
    address = urlsplit(server.url)
    return await asyncio.gather(*(open_stream(address, path, gate) for _ in range(count)))


def test_ten_thousand_streams_are_refused_politely(serve, many_files, tmp_path):
    count = min(MOST_STREAMS, many_files - 500)
    assert count >= FEWEST_STREAMS, f"this machine allows but {many_files} open files"
    server = serve("--rate-limit", 1_000_000, "--max-event-streams", KEPT_STREAMS)
    recording = speech(1)
    expected = enhanced(recording, tmp_path, "--model", "passthrough")

    async def attack(path):
        attacked = asyncio.create_task(open_streams(server, path, count))
        with server.client() as client:
            # While they come, others are served.
            served = await asyncio.to_thread(serve_others, client, attacked)
            streams = await attacked
            # And while those that were let in stay.
            served += await asyncio.to_thread(serve_others, client, attacked)
        return streams, served

    def serve_others(client, attacked):
        served = 0
        while not served or not attacked.done():
            begun = time.monotonic()
            assert client.get("/healthz").status_code == 200
            assert time.monotonic() - begun < 5, "others wait"
            wait_for_all(client, [submit(client, recording, expected, model="passthrough")], seconds=30)
            served += 1
        return served

    with server.client() as client:
        # A job that runs for long, so that its streams stay.
        long = client.post("/jobs", params={"model": "deepfilternet3"}, content=speech(600))
        streams, served = asyncio.run(attack(f"{long.headers['location']}/events"))
        client.delete(long.headers["location"])
    heads = [told for told, _ in streams]
    taken = [told for told in heads if told.startswith("http/1.1 200")]
    refused = [told for told in heads if told.startswith("http/1.1 503")]
    print(f"{len(taken)} streams taken, {len(refused)} refused, {served} jobs done meanwhile")
    assert len(taken) + len(refused) == count
    assert 0 < len(taken) <= KEPT_STREAMS
    assert all("retry-after: " in told and "connection: close" in told for told in refused)


@pytest.mark.parametrize("path", ["/jobs?model=passthrough", "/enhance?model=passthrough"])
def test_a_body_without_end_is_refused_in_time(serve, path):
    server = serve("--max-body", MEBIBYTE)
    with connect(server) as connection:
        connection.sendall(head(path, "Content-Type: audio/wav"))
        sent = send_chunks(connection, bytes(MEBIBYTE // 4), 4_000)
        assert sent < 4_000, "a gigabyte was taken"
        assert answer(connection).startswith(b"HTTP/1.1 413 ")
    with server.client() as client:
        assert_problem(client.post(path, content=bytes(MEBIBYTE + 1)), 413, "body_too_large")
        assert client.get("/healthz").status_code == 200
    assert not list((server.data / "spool").iterdir())


def test_long_json_is_refused(client):
    body = b'{"source_path": "' + bytes([97]) * (4 * MEBIBYTE) + b'"}'
    refused = client.post("/enhance-file", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 413, refused.text
    assert_problem(refused, 413, refused.json()["code"])


NAMES = [
    'talk".wav\r\nSet-Cookie: a=b',
    "talk%0d%0aSet-Cookie: a=b.wav",
    "..\\..\\talk;filename=other.exe.wav",
    "/etc/passwd",
    "\u202etalk\u2028.wav",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_adds_no_header_to_a_result(client, name):
    """Names are sent byte by byte: decent clients would encode them."""
    form = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\npassthrough\r\n--b\r\n'
    form += b'Content-Disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n\r\n'
    form += speech(0.1) + b"\r\n--b--\r\n"
    taken = client.post("/jobs", content=form, headers={"Content-Type": "multipart/form-data; boundary=b"})
    if taken.status_code == 400:
        # The line break ended the part's head early, which is no form.
        assert_problem(taken, 400, "bad_form")
        return
    assert taken.status_code == 202, taken.text
    url = taken.headers["location"]
    end = time.monotonic() + 30
    while (job := client.get(url).json())["state"] != "succeeded":
        assert time.monotonic() < end, job
        time.sleep(0.05)
    result = client.get(f"{url}/result")
    assert result.status_code == 200 and "set-cookie" not in result.headers
    told = result.headers["content-disposition"]
    assert told.isascii() and told.isprintable() and told.startswith("attachment; ")
    plain = told.split('filename="', 1)[1].split('"', 1)[0]
    assert not set(plain) & set('/\\"\r\n'), told


IDS = [
    "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "..%5c..%5cwindows", "%2fetc%2fpasswd", "%00", "%252e%252e%252f",
    "%c0%ae%c0%ae", "%ff", "a" * 8_000, "00000000-0000-0000-0000-000000000000%00", "'%20OR%20'1'='1", "*",
    "00000000-0000-0000-0000-000000000000%2fresult",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("rest", ["", "/events", "/result"])
def test_no_id_is_a_path(server, method, rest):
    for name in IDS:
        with connect(server) as connection:
            request = f"{method} /jobs/{name}{rest} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            told = answer(connection)
        status = int(told.split(b" ", 2)[1])
        assert status in {400, 404, 405, 414}, (name, told)
        assert b"root:" not in told
        assert b"application/problem+json" in told.lower(), (name, told)
