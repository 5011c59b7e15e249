"""POST /enhance: a recording in, the enhanced one out."""

import json
import socket
import time
from urllib.parse import urlsplit

import numpy as np
import pytest
from measured import metric, peak_memory, wait_until
from paths import MODELS, ROOT
from problems import assert_problem
from raw_socket import answer, connect
from recordings import SAMPLE, enhanced, speech, wav
from sources import hours


def test_a_plain_body_gives_the_same_as_the_command_line(client, tmp_path):
    started = time.monotonic()
    response = client.post("/enhance", content=speech(2), params={"attenuation_limit": 20})
    waited = time.monotonic() - started
    assert response.status_code == 200
    assert response.content == enhanced(speech(2), tmp_path, "--attenuation-limit", 20)
    assert response.headers["content-type"] == "audio/wav"
    assert int(response.headers["content-length"]) == len(response.content)
    assert response.headers["enhancer-model"] == "deepfilternet3"
    assert float(response.headers["enhancer-duration-seconds"]) == 2
    # It is a part of the time that the client waited.
    assert 0 < float(response.headers["enhancer-elapsed-seconds"]) < waited
    assert response.headers["enhancer-session-id"]
    assert "enhancer-warning" not in response.headers


def test_a_form_gives_the_same(client, tmp_path):
    fields = {"model": "gtcrn", "mix": "0.5", "loudness": "-30", "format": "flac"}
    fields |= {"priority": "high", "strict": "true", "exact": ""}
    response = client.post("/enhance", data=fields, files={"file": ("talk.wav", speech(2))})
    assert response.status_code == 200
    options = ["--model", "gtcrn", "--mix", 0.5, "--loudness", -30]
    assert response.content == enhanced(speech(2), tmp_path, *options, destination="expected.flac")
    assert response.headers["content-type"] == "audio/flac"
    assert 'filename="talk.enhanced.flac"' in response.headers["content-disposition"]


def test_a_result_can_be_opus(client, tmp_path):
    fields = {"model": "passthrough", "format": "opus", "bitrate": "32"}
    response = client.post("/enhance", data=fields, files={"file": ("talk.wav", speech(2))})
    assert response.status_code == 200
    options = ["--model", MODELS / "passthrough_model_lite.tflite", "--bitrate", 32]
    assert response.content == enhanced(speech(2), tmp_path, *options, destination="expected.opus")
    assert response.headers["content-type"] == "audio/ogg"
    assert 'filename="talk.enhanced.opus"' in response.headers["content-disposition"]
    # About two seconds at 32 kbit/s.
    assert 4000 < len(response.content) < 12_000


VIDEOS = [("film.mov", "video/quicktime", b"ftypqt  "), ("video.mp4", "video/mp4", b"ftypisom")]


@pytest.mark.parametrize("name, media_type, start", VIDEOS)
def test_a_video_stays_a_video_unless_only_its_sound_is_requested(name, media_type, start, client):
    film = ROOT / "fuzz" / "seeds" / "decode" / name
    fields, files = {"model": "passthrough"}, {"file": (name, film.read_bytes())}
    response = client.post("/enhance", data=fields, files=files)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == media_type
    stem, extension = name.split(".")
    assert f'filename="{stem}.enhanced.{extension}"' in response.headers["content-disposition"]
    assert response.content[4:12] == start and len(response.content) > film.stat().st_size / 2
    sound = client.post("/enhance", data=fields | {"audio_only": "true"}, files=files)
    assert sound.headers["content-type"] == "audio/mp4" and sound.content[4:12] == b"ftypM4A "


def test_the_sound_of_a_video_stays_pcm_on_request(client):
    film = ROOT / "fuzz" / "seeds" / "decode" / "film-pcm.mov"
    files = {"file": (film.name, film.read_bytes())}
    for keep_pcm, sound in [("true", b"sowt"), ("false", b"mp4a")]:
        response = client.post("/enhance", data={"model": "passthrough", "keep_pcm": keep_pcm}, files=files)
        assert response.status_code == 200, response.text
        assert sound in response.content


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"format": "opus", "bitrate": "5"}, 422, "unwritable_audio"),
        ({"format": "opus", "bitrate": "257"}, 422, "unwritable_audio"),
        ({"format": "opus", "sample_format": "f32le"}, 422, "unwritable_audio"),
        ({"format": "wav", "bitrate": "64"}, 422, "unwritable_audio"),
        ({"bitrate": "64"}, 422, "unwritable_audio"),
    ],
)
def test_an_impossible_bit_rate_is_an_error(client, fields, status, code):
    response = client.post("/enhance", params={"model": "passthrough", **fields}, content=speech(0.1))
    assert_problem(response, status, code)


def test_a_bit_rate_is_a_whole_number(client):
    for value in ["a lot", "64.5", "-1"]:
        response = client.post("/enhance", params={"bitrate": value}, content=speech(0.1))
        problem = assert_problem(response, 422, "invalid_value")
        assert "a whole number of kbit/s" in str(problem)


def test_raw_samples_stay_raw(client, tmp_path):
    raw = SAMPLE.read_bytes()[: 4 * 48_000]
    query = {"model": "passthrough", "raw_sample_rate": 48_000}
    response = client.post("/enhance", params=query, content=raw)
    assert response.status_code == 200 and response.content == raw
    assert response.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("sent", "result"),
    [
        ("talk.mp3", "talk.enhanced.wav"),
        ("../../etc/talk.wav", "talk.enhanced.wav"),
        ("C:\\talks\\talk.wav", "talk.enhanced.wav"),
        ('a"b.wav', "a_b.enhanced.wav"),
        ("Gespräch 1.wav", "Gespr_ch 1.enhanced.wav"),
        ("a\r\nSet-Cookie: x=y.wav", "aSet-Cookie: x=y.enhanced.wav"),
    ],
)
def test_results_are_named_after_their_sources(client, sent, result):
    response = client.post("/enhance", data={"model": "passthrough"}, files={"file": (sent, speech(0.1))})
    assert response.status_code == 200
    assert f'filename="{result}"' in response.headers["content-disposition"]
    assert "set-cookie" not in response.headers


def test_an_encoded_line_break_does_not_end_a_header(client):
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a%0d%0aSet-Cookie: x=y.wav"\r\n\r\n'
        + speech(0.1)
        + b'\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\npassthrough\r\n--b--\r\n'
    )
    response = client.post("/enhance", content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert response.status_code == 200 and "set-cookie" not in response.headers


def test_damage_is_a_warning_or_an_error_if_strict(client):
    # It declares more than it has.
    cut = speech(2)[:-50_000]
    response = client.post("/enhance", content=cut, params={"model": "passthrough"})
    assert response.status_code == 200 and "damaged" in response.headers["enhancer-warning"]
    strict = client.post("/enhance", content=cut, params={"model": "passthrough", "strict": "true"})
    assert_problem(strict, 422, "corrupt_audio")


def test_a_track_can_be_chosen(client):
    """The sample has one track."""
    one = client.post("/enhance", content=speech(0.1), params={"model": "passthrough", "track": "1"})
    assert one.status_code == 200
    two = client.post("/enhance", content=speech(0.1), params={"model": "passthrough", "track": "2"})
    problem = assert_problem(two, 422, "invalid_value")
    assert "the track is 2, expected 1" in problem["detail"]


def test_a_recording_is_rated_before_and_after(client):
    response = client.post("/enhance", content=speech(4), params={"score": "true"})
    assert response.status_code == 200
    score = json.loads(response.headers["enhancer-score"])
    before, after = score["before"], score["after"]
    assert after["background"] > before["background"] + 0.3
    assert after["overall"] > before["overall"]
    assert before["speech_share"] > 0.3 and before["windows"] > 0
    assert score["findings"] == []
    kept = client.post("/enhance", content=speech(4), params={"score": "true", "model": "passthrough"})
    score = json.loads(kept.headers["enhancer-score"])
    assert score["before"] == score["after"]
    assert [finding["code"] for finding in score["findings"]] == ["not_better"]
    assert "enhancer-score" not in client.post("/enhance", content=speech(0.1)).headers
    removed = client.post("/enhance", content=speech(0.1), params={"score": "true", "output": "removed"})
    problem = assert_problem(removed, 422, "invalid_value")
    assert [error["field"] for error in problem["errors"]] == ["score"]


def test_all_wrong_fields_are_reported_together(client):
    wrong = {
        "model": "nothing",
        "attenuation_limit": "-1",
        "mix": "2",
        "input_gain": "loud",
        "output": "noise",
        "post_filter": "perhaps",
        "exact": "1.5",
        "loudness": "3",
        "format": "aiff",
        "sample_format": "u8",
        "bitrate": "many",
        "raw_sample_format": "f64",
        "raw_sample_rate": "0",
        "raw_channels": "65",
        "strict": "ja",
        "track": "0",
        "score": "high",
        "priority": "urgent",
        "strength": "9",
    }
    problem = assert_problem(client.post("/enhance", content=b"x", params=wrong), 422, "invalid_value")
    assert {error["field"] for error in problem["errors"]} == wrong.keys()
    assert all(error["detail"] for error in problem["errors"])


def test_a_field_is_given_once(client):
    response = client.post("/enhance?mix=1&mix=0", content=speech(0.1))
    assert "more than once" in assert_problem(response, 422, "invalid_value")["errors"][0]["detail"]


def test_options_fit_the_model(client):
    response = client.post("/enhance", content=speech(0.1), params={"model": "gtcrn", "post_filter": "true"})
    assert_problem(response, 422, "invalid_value")


def test_the_error_for_a_file_that_is_not_a_recording_names_its_kind(client):
    assert_problem(client.post("/enhance", content=b"hello, this is a text\n"), 415, "unsupported_audio")
    assert_problem(client.post("/enhance", content=b""), 422, "invalid_value")
    assert_problem(client.post("/enhance", content=b"\x89PNG\r\n\x1a\n" + bytes(64)), 415, "unsupported_audio")


def test_a_long_body_is_refused_with_and_without_its_length(serve):
    server = serve("--max-body", 100_000)
    with server.client() as client:
        assert_problem(client.post("/enhance", content=bytes(100_001)), 413, "body_too_large")
        pieces = (bytes(1_000) for _ in range(101))
        assert_problem(client.post("/enhance", content=pieces), 413, "body_too_large")
        form = {"file": ("a.wav", bytes(99_999))}
        assert client.post("/enhance", files=form).status_code == 413
        # A form is longer than its file.
        assert_problem(client.post("/enhance", files={"file": ("a.wav", speech(0.5)[:90_000])}), 200, None)


def test_memory_does_not_grow_with_the_length(serve):
    server = serve("--model", "gtcrn")
    with server.client() as client:
        client.post("/enhance", content=speech(10)).raise_for_status()
        short = peak_memory(server)
        client.post("/enhance", content=speech(300)).raise_for_status()
    # Five minutes are 28 MB on the way in, and 28 MB on the way out.
    assert peak_memory(server) - short < 20e6


@pytest.mark.parametrize("waiting", [False, True])
def test_a_client_that_disconnects_cancels_its_work(serve, waiting):
    server = serve("--max-sessions", 1)
    long = hours()
    address = urlsplit(server.url)

    def begin():
        connection = socket.create_connection((address.hostname, address.port))
        head = f"POST /enhance?exact=true HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(long)}\r\n\r\n"
        connection.sendall(head.encode() + long)
        return connection

    with server.client() as client:
        first = begin()
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 1)
        if waiting:
            second = begin()
            wait_until(lambda: metric(client, "enhancer_waiting_sessions") == 1)
            second.close()
            wait_until(lambda: metric(client, "enhancer_waiting_sessions") == 0)
        # Otherwise the work would continue for hours.
        first.close()
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 0)
        # The next client is served.
        assert client.post("/enhance", content=speech(0.1)).status_code == 200


def test_a_refused_client_learns_when_to_try_again(serve):
    server = serve("--max-sessions", 1, "--max-waiting", 0)
    address = urlsplit(server.url)
    long = hours()
    with server.client() as client, socket.create_connection((address.hostname, address.port)) as busy:
        head = f"POST /enhance?exact=true HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(long)}\r\n\r\n"
        busy.sendall(head.encode() + long)
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 1)
        refused = client.post("/enhance", content=speech(0.1))
        assert_problem(refused, 503, "busy")
        assert int(refused.headers["retry-after"]) >= 1


@pytest.mark.parametrize("asks", [True, False], ids=["asks", "begins"])
def test_a_client_without_a_place_to_wait_is_refused_before_it_sends(serve, asks):
    server = serve("--max-sessions", 1, "--max-waiting", 0)
    long = hours()
    first = "POST /enhance?exact=true HTTP/1.1\r\nHost: localhost\r\n"
    expect = "Expect: 100-continue\r\n" if asks else ""
    with server.client() as client, connect(server) as busy, connect(server) as refused:
        busy.sendall(f"{first}Content-Length: {len(long)}\r\n\r\n".encode() + long)
        wait_until(lambda: metric(client, "enhancer_active_sessions") == 1)
        # Not a byte of the body is sent.
        refused.sendall(f"{first}{expect}Content-Length: 1000000\r\n\r\n".encode())
        said = answer(refused)
    assert said.startswith(b"HTTP/1.1 503 ") and b'"code":"busy"' in said
    assert b"\r\nretry-after: " in said.lower()


def test_a_short_recording_that_claims_hours_is_refused_or_cut(client):
    recording = bytearray(wav(np.zeros(4_800)))
    recording[40:44] = (0xFFFFFFF0).to_bytes(4, "little")
    response = client.post("/enhance", content=bytes(recording), params={"model": "passthrough"})
    assert response.status_code in {200, 422}
    if response.status_code == 200:
        assert len(response.content) < 100_000


def test_a_recording_that_is_too_long_is_refused(serve):
    server = serve("--max-duration", 1)
    with server.client() as client:
        problem = assert_problem(client.post("/enhance", content=speech(2)), 422, "limit_exceeded")
        assert "limit" in problem["detail"]
        assert client.post("/enhance", content=speech(1)).status_code == 200


def test_enhanced_audio_is_counted_to_the_millisecond(serve):
    with serve("--model", "passthrough").client() as client:
        for _ in range(4):
            assert client.post("/enhance", content=speech(0.5)).status_code == 200
        assert metric(client, "enhancer_audio_seconds_total") == 2
