"""The commands of the documentation are run unchanged, apart from the server's address."""

import json
import re
import subprocess

import jobs
import pytest
from jobs import QUICK
from receiver import Receiver
from recordings import speech

TOKEN = "a-token-of-some-length"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def guide(client):
    return client.get("/openapi.json").json()["info"]["description"]


@pytest.fixture
def folder(client, tmp_path):
    """A folder with the recording that the commands name."""
    recording = client.post("/enhance", content=speech(0.3), params={**QUICK, "format": "m4a"}).content
    (tmp_path / "talk.m4a").write_bytes(recording)
    return tmp_path


def code(guide, language):
    return re.findall(rf"```{language}\n(.*?)```", guide, re.DOTALL)


def run(command, server, folder):
    command = command.replace("http://127.0.0.1:8080", server.url)
    ran = subprocess.run(["bash", "-ec", command], cwd=folder, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_first_screen_has_three_commands(guide, server, client, folder):
    first_screen, *_ = guide.split("<details>")
    enhance, submit, fetch = code(first_screen, "sh")
    run(enhance, server, folder)
    assert b"ftyp" in (folder / "talk.enhanced.m4a").read_bytes()[:16]
    job = json.loads(run(submit, server, folder))
    jobs.ended(client, job)
    run(fetch.replace("ID", job["id"]), server, folder)
    assert b"ftyp" in (folder / "result.m4a").read_bytes()[:16]


def test_the_page_shows_the_guides_without_a_bar(client):
    assert "'BaseLayout'" in client.get("/docs/swagger-initializer.js").text


def test_events_are_read_with_a_token(guide, serve, tmp_path):
    server = serve("--auth-token", TOKEN)
    (follow,) = [code for code in code(guide, "js") if "function follow" in code]
    with server.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        job = jobs.running(client, jobs.slow(client, tmp_path))
        url = f"{server.url}{job['links']['events']}"
        # The job would take hours. The first event cancels it.
        script = f"""{follow}
            const [url, token, progress] = [{json.dumps(url)}, {json.dumps(TOKEN)}, []];
            const cancel = (part) => {{
                progress.push(part);
                const headers = {{ Authorization: `Bearer ${{token}}` }};
                fetch(url.replace('events', 'cancel'), {{ method: 'POST', headers }});
            }};
            console.log(JSON.stringify({{ job: await follow(url, token, cancel), progress }}));
        """
        command = ["node", "--input-type=module", "--eval", script]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
        followed = json.loads(ran.stdout)
        assert followed["job"]["state"] == "cancelled"
        assert followed["job"] == client.get(job["links"]["self"]).json()
    assert followed["progress"] and followed["progress"] == sorted(followed["progress"])


def test_webhooks_are_verified(guide, serve, folder):
    (verify,) = code(guide, "python")
    (submit,) = [code for code in code(guide, "sh") if "webhook_url=" in code]
    names = {}
    exec(verify, names)
    is_from_server = names["is_from_server"]
    with Receiver() as receiver:
        server = serve("--webhook-secret", SECRET)
        submit = submit.replace("https://example.org/done", receiver.url)
        job = json.loads(run(submit, server, folder))
        with server.client() as client:
            jobs.until(client, job, lambda job: job["webhook"]["state"] == "delivered")
        (call,) = receiver.calls
    assert is_from_server(call.body, call.headers, SECRET)
    assert not is_from_server(call.body + b" ", call.headers, SECRET)
    other = "whsec_" + "A" * 32
    assert not is_from_server(call.body, call.headers, other)
    late = {**call.headers, "webhook-timestamp": str(int(call.headers["webhook-timestamp"]) - 600)}
    assert not is_from_server(call.body, late, SECRET)


def test_a_request_is_repeated_safely(guide, server, folder):
    (submit,) = [code for code in code(guide, "sh") if "Idempotency-Key" in code]
    one, other = (json.loads(run(submit, server, folder)) for _ in range(2))
    assert one["id"] == other["id"]
