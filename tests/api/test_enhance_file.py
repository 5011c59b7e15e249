"""POST /enhance-file: requests, results and refusals."""

import contextlib
import signal
import threading
import uuid

import httpx
import pytest
import sources
from measured import metric, wait_until
from raw_socket import answer as read_answer
from raw_socket import connect, post_json
from receiver import Receiver

RATES = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]


@pytest.fixture(scope="module", autouse=True)
def source(server):
    return sources.raw(server.files / "in.raw")


def post(client, **fields):
    fields = {"source_path": "in.raw", "output_path": "out.raw"} | fields
    return client.post("/enhance-file", json=fields)


def refused(response, status, code):
    """The problem of the response."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    return problem


def wrong_fields(response):
    return {error["field"] for error in refused(response, 422, "invalid_value")["errors"]}


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_a_raw_file_gives_the_same_as_the_command_line(server, client, source, tmp_path):
    answer = post(client)
    assert answer.status_code == 200, answer.text
    answer = answer.json()
    session_id = answer.pop("session_id")
    assert uuid.UUID(session_id).version == 7
    assert answer.pop("elapsed_seconds") > 0
    assert answer == {
        "output_path": "out.raw",
        "duration_seconds": 1.0,
        "sample_rate": 48_000,
        "channels": 1,
        "model": "deepfilternet3",
    }
    assert session_id in server.log.read_text()
    expected = sources.by_command(source, tmp_path / "expected.raw")
    assert (server.files / "out.raw").read_bytes() == expected
    assert len(expected) == source.stat().st_size


@pytest.mark.parametrize("output", ["out.wav", "out.FLAC", "out.raw"])
def test_audio_formats_work_too(server, client, tmp_path, output):
    source = sources.wav(server.files / "stereo.wav", rate=44_100, channels=2)
    answer = post(client, source_path="stereo.wav", output_path=output).json()
    assert (answer["sample_rate"], answer["channels"]) == (44_100, 2)
    expected = sources.by_command(source, tmp_path / output)
    assert (server.files / output).read_bytes() == expected


@pytest.mark.parametrize("rate", RATES)
def test_the_sample_rate_is_that_of_the_raw_source(server, client, tmp_path, rate):
    source = sources.raw(server.files / "rated.raw", rate=rate)
    answer = post(client, source_path="rated.raw", sample_rate=rate).json()
    assert (answer["sample_rate"], answer["duration_seconds"]) == (rate, 1)
    options = ["--source-sample-rate", rate]
    expected = sources.by_command(source, tmp_path / "expected.raw", *options)
    assert (server.files / "out.raw").read_bytes() == expected


def test_a_rate_is_a_number_however_it_is_written(client):
    body = b'{"source_path": "in.raw", "output_path": "out.raw", "sample_rate": 4.8e4}'
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = client.post("/enhance-file", content=body, headers=headers).json()
    assert answer["sample_rate"] == 48_000


def test_the_default_rate_is_a_setting(serve):
    server = serve("--model", "passthrough", environment={"DESIRED_SAMPLE_RATE": "16000"})
    sources.raw(server.files / "in.raw")
    with server.client() as client:
        answer = post(client, sample_rate=None).json()
    assert (answer["sample_rate"], answer["duration_seconds"]) == (16_000, 3.0)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"sample_rate": "48000"}, {"sample_rate"}),
        ({"sample_rate": "high"}, {"sample_rate"}),
        ({"sample_rate": True}, {"sample_rate"}),
        ({"sample_rate": [48_000]}, {"sample_rate"}),
        ({"sample_rate": 0}, {"sample_rate"}),
        ({"sample_rate": -48_000}, {"sample_rate"}),
        ({"sample_rate": 48_001}, {"sample_rate"}),
        ({"sample_rate": 48_000.5}, {"sample_rate"}),
        ({"sample_rate": 1e300}, {"sample_rate"}),
        ({"webhook_url": "example"}, {"webhook_url"}),
        ({"webhook_url": ""}, {"webhook_url"}),
        ({"webhook_url": 5}, {"webhook_url"}),
        ({"webhook_url": "ftp://example.org"}, {"webhook_url"}),
        ({"webhook_url": "file:///etc/passwd"}, {"webhook_url"}),
        ({"webhook_url": "http://user:word@example.org"}, {"webhook_url"}),
        ({"webhook_url": "http://example.org/" + "a" * 2048}, {"webhook_url"}),
        ({"source_path": None}, {"source_path"}),
        ({"source_path": 5}, {"source_path"}),
        ({"source_path": ""}, {"source_path"}),
        ({"output_path": {}}, {"output_path"}),
        ({"output_path": ""}, {"output_path"}),
        ({"output_path": "out"}, {"output_path"}),
        ({"output_path": "out.txt"}, {"output_path"}),
        ({"output_path": ".wav"}, {"output_path"}),
        ({"model": "gtcrn"}, {"model"}),
    ],
)
def test_a_wrong_field_is_named(server, client, fields, wrong):
    before = names(server.files)
    assert wrong_fields(post(client, **fields)) == wrong
    assert names(server.files) == before


def test_all_wrong_fields_are_reported_together_before_the_file_is_opened(client):
    fields = {
        "source_path": "missing.raw",
        "output_path": "../out.raw",
        "webhook_url": "example",
        "sample_rate": "48000",
        "samplerate": 48_000,
    }
    assert wrong_fields(post(client, **fields)) == fields.keys() - {"source_path"}
    assert wrong_fields(client.post("/enhance-file", json={})) == {"source_path", "output_path"}


def test_errors_say_what_is_allowed(client):
    detail = refused(post(client, sample_rate="48000"), 422, "invalid_value")["detail"]
    assert "string" in detail and all(str(rate) in detail for rate in RATES)


def test_a_source_that_does_not_exist_is_not_found(server, client):
    for path in ["missing.raw", "missing/in.raw"]:
        problem = refused(post(client, source_path=path), 404, "not_found")
        assert "source_path" in problem["detail"]
    assert not any(name.startswith(".") for name in names(server.files))


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "invalid_json"),
        (b'{"source_path": ', "application/json", 400, "invalid_json"),
        (b"\xff\xfe", "application/json", 400, "invalid_json"),
        (b"[" * 60_000, "application/json", 400, "invalid_json"),
        (b"[]", "application/json", 422, "invalid_value"),
        (b'"in.raw"', "application/json", 422, "invalid_value"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"{}", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", None, 415, "unsupported_media_type"),
        (b" " * (64 * 1024 + 1), "application/json", 413, "body_too_large"),
    ],
)
def test_a_malformed_request_is_refused(client, body, content_type, status, code):
    headers = {"Content-Type": content_type} if content_type else {}
    refused(client.post("/enhance-file", content=body, headers=headers), status, code)


def test_a_body_without_a_length_is_limited_too(client):
    pieces = (b" " * 1024 for _ in range(1024))
    headers = {"Content-Type": "application/json"}
    response = client.post("/enhance-file", content=pieces, headers=headers)
    refused(response, 413, "body_too_large")


def test_a_file_without_audio_leaves_nothing_behind(server, client):
    (server.files / "text.wav").write_text("This is not audio, whatever its name says. " * 9)
    (server.files / "kept.wav").write_bytes(b"kept")
    before = names(server.files)
    response = post(client, source_path="text.wav", output_path="kept.wav")
    refused(response, 415, "unsupported_audio")
    assert names(server.files) == before
    assert (server.files / "kept.wav").read_bytes() == b"kept"


def test_audio_that_is_too_long_is_refused(serve):
    server = serve("--model", "passthrough", "--max-duration", 1)
    sources.raw(server.files / "in.raw", seconds=1.1)
    with server.client() as client:
        refused(post(client), 422, "limit_exceeded")
    assert names(server.files) == {"in.raw"}


def test_damage_is_reported_as_a_warning(server, client):
    whole = sources.wav(server.files / "cut.wav").read_bytes()
    (server.files / "cut.wav").write_bytes(whole[: len(whole) // 2])
    answer = post(client, source_path="cut.wav", output_path="cut.out.wav").json()
    assert answer["duration_seconds"] == pytest.approx(0.5, abs=0.01)
    damage, *others = answer["warnings"]
    assert damage["code"] == "damaged" and "damaged" in damage["text"]
    assert "damaged" not in {other["code"] for other in others}


def test_an_existing_file_is_replaced_and_keeps_its_permissions(server, client):
    output = server.files / "again.raw"
    output.write_bytes(b"old")
    output.chmod(0o640)
    assert post(client, output_path="again.raw").status_code == 200
    assert output.stat().st_size == (server.files / "in.raw").stat().st_size
    assert output.stat().st_mode & 0o777 == 0o640


def test_a_result_appears_when_it_is_complete_and_never_if_the_client_leaves(serve):
    server = serve()
    (server.files / "long.flac").write_bytes(sources.hours())
    with server.client() as client:
        with connect(server) as connection:
            post_json(connection, "/enhance-file", source_path="long.flac", output_path="out.flac")
            wait_until(lambda: metric(client, "enhancer_active_sessions") == 1)
            assert "out.flac" not in names(server.files)
        # The work does not continue in the background either: a session is active while a thread
        # works for it.
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 0)
    assert names(server.files) == {"long.flac"}


def test_a_body_that_stops_coming_is_given_up(serve):
    server = serve("--model", "passthrough", "--body-timeout", 1)
    with connect(server) as connection:
        head = "POST /enhance-file HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: 100\r\n\r\n".encode() + b'{"source_path": ')
        said = read_answer(connection)
    assert said.startswith(b"HTTP/1.1 408 ") and b'"code":"body_timeout"' in said


def test_too_many_requests_at_once_are_refused_and_leave_nothing(serve):
    server = serve("--max-sessions", 1, "--max-waiting", 0)
    (server.files / "long.flac").write_bytes(sources.hours())
    sources.raw(server.files / "in.raw")
    with server.client() as client, Receiver() as receiver:
        with connect(server) as holding:
            post_json(holding, "/enhance-file", source_path="long.flac", output_path="long.out.flac")
            wait_until(lambda: metric(client, "enhancer_active_sessions") == 1)
            response = post(client, webhook_url=receiver.url)
            refused(response, 503, "busy")
            assert int(response.headers["retry-after"]) >= 1
            assert receiver.calls == []
            assert "out.raw" not in names(server.files)
        wait_until(lambda: post(client).status_code == 200)
    assert names(server.files) == {"long.flac", "in.raw", "out.raw"}


def test_other_methods_are_not_allowed(client):
    assert client.get("/enhance-file").status_code == 405


def test_everything_is_documented(client):
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/enhance-file"]["post"]
    documented = {"200", "400", "404", "408", "413", "415", "422", "429", "500", "503", "504"}
    assert documented <= operation["responses"].keys()
    fields = document["components"]["schemas"]["EnhanceFileRequest"]
    assert fields["required"] == ["source_path", "output_path"]
    assert fields["properties"].keys() == {
        "source_path",
        "output_path",
        "webhook_url",
        "sample_rate",
    }
    assert all(field["description"] for field in fields["properties"].values())
    assert fields["properties"]["sample_rate"]["enum"] == list(RATES)
    assert fields["additionalProperties"] is False and fields["example"]


def test_a_crash_leaves_nothing_beside_the_source(serve):
    server = serve()
    (server.files / "in.flac").write_bytes(sources.hours())

    def work():
        with contextlib.suppress(httpx.HTTPError), server.client() as client:
            post(client, source_path="in.flac", output_path="out.flac")

    with server.client() as client:
        thread = threading.Thread(target=work)
        thread.start()
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 1)
    server.stop(signal.SIGKILL)
    thread.join()
    assert names(server.files) == {"in.flac"}
