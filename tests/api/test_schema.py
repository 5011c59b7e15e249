"""Whether the server does what openapi.json says, and openapi.json is what it says."""

import os
import subprocess
import sys
from pathlib import Path

from openapi import CHECKED_IN, as_text
from recordings import speech

# What is tried is the same each time.
SEED = 20_261_123
EXAMPLES = 5


def test_openapi_json_is_what_the_server_says(client):
    said = as_text(client.get("/openapi.json").json())
    assert CHECKED_IN.read_text() == said, "openapi.json has drifted: run make openapi"


def test_every_route_keeps_its_contract(serve, tmp_path):
    """Requests that the document allows and others that it does not: none is answered by a 5xx,
    none by what the document does not tell."""
    server = serve("--rate-limit", 100_000, "--max-queued", 1_000_000, "--webhook-attempts", 1)
    tool = Path(sys.executable).with_name("schemathesis")
    command = [tool, "--config-file", Path(__file__).with_name("schemathesis.toml")]
    command += ["run", f"{server.url}/openapi.json", "--seed", str(SEED), "--max-examples", str(EXAMPLES)]
    command += ["--generation-database", "none", "--no-color", "--request-timeout", "30"]
    recording = speech(0.02)
    (server.files / "talk.wav").write_bytes(recording)
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "schema_hooks",
        "PYTHONPATH": str(Path(__file__).parent),
        "TEST_RECORDING_HEX": recording.hex(),
    }
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
