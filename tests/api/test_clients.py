"""Clients that are generated from the API's document take a recording through the whole API."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from http import HTTPStatus
from io import BytesIO
from pathlib import Path

import pytest
from measured import wait_until
from paths import ROOT
from recordings import speech

DOCUMENT = ROOT / "crates" / "enhancer-server" / "openapi.json"
CLIENTS = Path(__file__).with_name("clients")
NODE_PROGRAMS = CLIENTS / "node_modules" / ".bin"


def run(*command, cwd):
    environment = os.environ | {"NO_COLOR": "1", "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    command = list(map(str, command))
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def test_the_document_is_clean(tmp_path):
    said = run(NODE_PROGRAMS / "redocly", "lint", "--format=summary", DOCUMENT, cwd=tmp_path)
    assert "is valid" in said and "warning " not in said, said


def test_a_client_in_typescript(server, tmp_path):
    run("node", CLIENTS / "generate.mjs", DOCUMENT, tmp_path / "client", cwd=CLIENTS)
    shutil.copy(CLIENTS / "round_trip.ts", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "talk.wav").write_bytes(speech(3))
    options = ["--strict", "--module", "nodenext", "--target", "es2022"]
    run(NODE_PROGRAMS / "tsc", *options, "round_trip.ts", cwd=tmp_path)
    script = f"""
        import {{ openAsBlob }} from 'node:fs';
        import {{ roundTrip }} from './round_trip.js';
        console.log(JSON.stringify(await roundTrip({json.dumps(server.url)}, await openAsBlob('talk.wav'))));
    """
    command = ["node", "--no-warnings", "--input-type=module", "--eval", script]
    found = json.loads(run(*command, cwd=tmp_path))
    assert 'filename="talk.enhanced.flac"' in found["fileName"] and found["enhancedBytes"] > 1000
    assert found["isSame"] and found["isListed"] and "succeeded" in found["states"]
    assert (found["mix"], found["inputGain"], found["code"]) == (0.5, -3, "job_ended")
    assert found["resultBytes"] == found["expectedBytes"]


@pytest.fixture
def python_client(tmp_path, monkeypatch):
    """A function that imports a module of the generated client."""
    (tmp_path / "config.yml").write_text("post_hooks: []\n")
    program = Path(sys.executable).with_name("openapi-python-client")
    where = ["--output-path", tmp_path / "generated_client", "--meta", "none"]
    options = ["--config", tmp_path / "config.yml", "--fail-on-warning"]
    run(program, "generate", "--path", DOCUMENT, *where, *options, cwd=tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return lambda name: importlib.import_module(f"generated_client.{name}")


def test_a_client_in_python(server, python_client):
    models, types = python_client("models"), python_client("types")
    client = python_client("client").Client(base_url=server.url)
    api = lambda name: python_client(f"api.{name}")
    talk = lambda: types.File(payload=BytesIO(speech(3)), file_name="talk.wav")

    options = {"model": "passthrough", "strict": True, "input_gain": models.InputGainType1.AUTO}
    body = models.EnhanceRequest(file=talk(), format_=models.Format.FLAC, **options)
    enhanced = api("enhancement.enhance").sync_detailed(client=client, body=body)
    assert enhanced.status_code == HTTPStatus.OK, enhanced.content
    assert 'filename="talk.enhanced.flac"' in enhanced.headers["content-disposition"]
    assert enhanced.parsed.payload.read(4) == b"fLaC"

    def submit():
        body = models.JobRequest(file=talk(), mix=0.5, priority=models.Priority.LOW, **options)
        return api("jobs.create_job").sync(client=client, body=body, idempotency_key="python")

    job = submit()
    assert job.id == submit().id
    read = lambda: api("jobs.read_job").sync(job.id, client=client)
    wait_until(lambda: read().state == models.State.SUCCEEDED)
    ended = read()
    assert ended.options.mix == 0.5 and ended.options.strict is True
    assert ended.options.input_gain == models.InputGainType1.AUTO
    result = api("jobs.read_result").sync(job.id, client=client)
    assert len(result.payload.read()) == ended.result.bytes_
    page = api("jobs.list_jobs").sync(client=client, state=models.State.SUCCEEDED)
    assert job.id in [listed.id for listed in page.jobs]
    problem = api("jobs.cancel_job").sync(job.id, client=client)
    assert problem.code == models.ProblemCode.JOB_ENDED
    assert api("jobs.delete_job").sync_detailed(job.id, client=client).status_code == HTTPStatus.NO_CONTENT
    assert api("jobs.read_job").sync(job.id, client=client).code == models.ProblemCode.NOT_FOUND
