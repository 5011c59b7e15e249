"""A real server: the binary, on a free port of this machine, in its own folder."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx
from command import ENHANCER

# Far longer than any request takes, so that a hanging server is a failure. The server answers only
# when an upload is on disk, and a busy disk can take a minute.
PATIENCE_SECONDS = 300


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen
    url: str
    # The data root, and the folder of files that requests may name.
    data: Path
    files: Path
    # Its log.
    log: Path

    def client(self, **options):
        """A client of it; its requests take paths.

        Each request has its own connection: the server closes one whose body it refused to read,
        perhaps when the next request is already on its way.
        """
        options.setdefault("limits", httpx.Limits(max_keepalive_connections=0))
        return httpx.Client(base_url=self.url, timeout=PATIENCE_SECONDS, **options)

    def stop(self, how=signal.SIGTERM):
        """Stops the server and returns its exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_SECONDS)


def start(folder, *options, command="serve", environment=None):
    """Starts a server with these options; its data and files are in `folder`.

    The command `worker` has no URL.
    """
    data, files, log = folder / "data", folder / "files", folder / "log"
    files.mkdir(parents=True, exist_ok=True)
    listen = ["--port", "0"] if command == "serve" else []
    with log.open("ab") as log_file:
        process = subprocess.Popen(
            [ENHANCER, command, *listen, "--data-root", data, *map(str, options)],
            stdout=subprocess.PIPE,
            stderr=log_file,
            text=True,
            cwd=files,
            # The settings of the user must not affect the tests.
            env={"PATH": os.environ["PATH"], **(environment or {})},
        )
    url = process.stdout.readline().strip() if listen else None
    if url == "":
        process.wait(PATIENCE_SECONDS)
        raise RuntimeError(f"the server did not start: {log.read_text()}")
    return Server(process, url, data, files, log)
