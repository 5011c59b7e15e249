"""Writes openapi.json, what the server says of its API."""

import json
import signal
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "parity"))

import server as servers  # noqa: E402
from paths import ROOT  # noqa: E402

CHECKED_IN = ROOT / "openapi.json"


def as_text(document):
    """A document as it is checked in: a change of it shows line by line."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = servers.start(Path(folder))
        try:
            with server.client() as client:
                CHECKED_IN.write_text(as_text(client.get("/openapi.json").raise_for_status().json()))
        finally:
            server.stop(signal.SIGTERM)
            server.process.stdout.close()
    print(CHECKED_IN)


if __name__ == "__main__":
    main()
