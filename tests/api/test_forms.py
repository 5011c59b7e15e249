"""Malformed forms, and forms that are too large."""

import pytest
from problems import assert_problem
from recordings import speech

FORM = {"content-type": "multipart/form-data; boundary=b"}


def part(name, value, *more):
    disposition = f'Content-Disposition: form-data; name="{name}"{"".join(more)}'
    return f"--b\r\n{disposition}\r\n\r\n".encode() + value + b"\r\n"


def test_a_form_has_one_recording(client):
    none = client.post("/enhance", content=part("mix", b"1") + b"--b--\r\n", headers=FORM)
    assert_problem(none, 422, "invalid_value")
    two = part("file", speech(0.1)) * 2 + b"--b--\r\n"
    assert_problem(client.post("/enhance", content=two, headers=FORM), 400, "bad_form")
    empty = client.post("/enhance", content=part("file", b"") + b"--b--\r\n", headers=FORM)
    assert_problem(empty, 422, "invalid_value")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (part("file", speech(0.1)), FORM),  # It has no end.
        (b"", FORM),
        (b"--c\r\n\r\n--c--\r\n", FORM),
        (part("file", b"x") + b"--b--\r\n", {"content-type": "multipart/form-data"}),
        (b"--b\r\n\r\nno name\r\n--b--\r\n", FORM),
        (b"--b\r\n" + b"X: y\r\n" * 20_000 + b"\r\n\r\n--b--\r\n", FORM),
        (b"".join(part(f"f{n}", b"1") for n in range(40)) + b"--b--\r\n", FORM),
    ],
    ids=["cut", "empty", "other-boundary", "no-boundary", "no-name", "many-headers", "many-fields"],
)
def test_a_malformed_form_is_refused(client, body, headers):
    assert_problem(client.post("/enhance", content=body, headers=headers), 400, "bad_form")


def test_fields_are_short_text(client):
    long = part("model", b"m" * 5_000) + b"--b--\r\n"
    assert_problem(client.post("/enhance", content=long, headers=FORM), 422, "invalid_value")
    binary = part("model", b"\xff\xfe") + b"--b--\r\n"
    assert_problem(client.post("/enhance", content=binary, headers=FORM), 422, "invalid_value")


def test_options_are_in_one_place(client):
    form = part("file", speech(0.1)) + b"--b--\r\n"
    assert_problem(client.post("/enhance?mix=0", content=form, headers=FORM), 400, "bad_form")


@pytest.mark.parametrize(
    ("recording", "file_name"),
    [(speech(0.1), "talk.wav"), (speech(0.1), None), (b"notes", "notes.txt"), (b"\xff\xfe", None)],
    ids=["file", "long", "short-file", "binary"],
)
@pytest.mark.parametrize("path", ["/enhance", "/jobs"])
def test_the_error_for_a_recording_in_another_field_names_the_right_field(client, path, recording, file_name):
    response = client.post(path, files={"audio": (file_name, recording)}, data={"mix": "0.5"})
    (error,) = assert_problem(response, 422, "invalid_value")["errors"]
    assert error == {"field": "audio", "detail": "is not a known field; the recording goes into `file`"}


@pytest.mark.parametrize("name", ["talk.m4a", "/home/ann/Interview 2.WAV"])
def test_a_file_name_is_not_accepted_as_the_recording(client, name):
    form = part("file", name.encode()) + b"--b--\r\n"
    response = client.post("/enhance", content=form, headers=FORM)
    (error,) = assert_problem(response, 422, "invalid_value")["errors"]
    assert error["field"] == "file"
    assert error["detail"].endswith("with curl, write @ before the name")


def test_an_option_may_be_sent_as_a_file(client):
    files = {"file": ("talk.wav", speech(0.1)), "model": ("model.txt", b"passthrough")}
    assert client.post("/enhance", files=files).status_code == 200


def test_the_query_names_the_recording_in_a_body(client):
    send = lambda path, name: client.post(path, content=speech(0.1), params={"model": "passthrough", "file_name": name})
    assert 'filename="talk.enhanced.wav"' in send("/enhance", "talk.wav").headers["content-disposition"]
    # Folders are removed, as in the file name of a form.
    assert 'filename="passwd.enhanced.wav"' in send("/enhance", "/etc/passwd").headers["content-disposition"]
    assert 'filename="recording.enhanced.wav"' in send("/enhance", "..").headers["content-disposition"]
    job = send("/jobs", "talk.wav").json()
    assert job["file_name"] == "talk.wav" and job["options"] == {"model": "passthrough"}
    twice = client.post("/enhance?file_name=a&file_name=b", content=speech(0.1))
    (error,) = assert_problem(twice, 422, "invalid_value")["errors"]
    assert error["field"] == "file_name"
