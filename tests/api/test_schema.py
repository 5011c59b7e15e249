"""Whether the server does what its document says, and the one in the repository is the server's."""

import json
import os
import subprocess
import sys
from pathlib import Path

from paths import ROOT
from recordings import speech

DOCUMENT = ROOT / "crates" / "enhancer-server" / "openapi.json"
# Every run tries the same requests.
SEED = 20_261_123
EXAMPLES = 5


def test_the_document_in_the_repository_is_the_servers(client):
    assert json.loads(DOCUMENT.read_text()) == client.get("/openapi.json").json(), "run: make openapi"


def test_every_route_keeps_its_contract(serve, tmp_path):
    """Requests that the document allows and others that it does not: none is answered with a 5xx,
    or with an answer that is not in the document."""
    server = serve("--rate-limit", 100_000, "--max-queued", 1_000_000, "--webhook-attempts", 1)
    command = [Path(sys.executable).with_name("schemathesis")]
    command += ["--config-file", Path(__file__).with_name("schemathesis.toml")]
    command += ["run", f"{server.url}/openapi.json", "--seed", SEED, "--max-examples", EXAMPLES]
    command += ["--generation-database", "none", "--no-color", "--request-timeout", 30]
    recording = speech(0.02)
    (server.files / "talk.wav").write_bytes(recording)
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "schema_hooks",
        "PYTHONPATH": str(Path(__file__).parent),
        "TEST_RECORDING_HEX": recording.hex(),
    }
    command = list(map(str, command))
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
