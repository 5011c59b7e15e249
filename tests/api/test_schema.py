"""What /openapi.json says is what the server does."""

import json
import subprocess
import sys
from pathlib import Path

from paths import ROOT

DOCUMENT = ROOT / "crates" / "enhancer-server" / "openapi.json"
EXAMPLES = 40


def test_the_document_in_the_repository_is_the_servers(client):
    assert json.loads(DOCUMENT.read_text()) == client.get("/openapi.json").json(), "run: make openapi"


def test_the_server_keeps_to_its_document(serve, tmp_path):
    server = serve("--rate-limit", 10_000, "--model", "passthrough", "--job-workers", 1)
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{server.url}/openapi.json"]
    command += ["--max-examples", EXAMPLES, "--seed", 1, "--generation-deterministic", "--no-color"]
    # The stream of a job that does not end would be waited for.
    command += ["--request-timeout", 20, "--phases", "examples,coverage,fuzzing"]
    ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout[-6_000:] + ended.stderr[-2_000:]
