"""A real PostgreSQL, in its own folder, on a free port of this machine."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path

PATIENCE_SECONDS = 60
# PostgreSQL refuses to run as root.
USER = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}


def command(name):
    """A command of the newest installed PostgreSQL; Debian has a folder for each version."""
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    found = max(versions, key=lambda path: int(path.parts[-3]), default=None) or shutil.which(name)
    assert found, f"PostgreSQL's {name} is missing; run: make setup"
    return found


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Postgres:
    """A running cluster."""

    def __init__(self, folder, port):
        self.folder = folder
        self.port = port
        self.numbers = count()
        self.server = None

    def start(self):
        """Starts it, and waits until it answers."""
        # No data must survive the tests, so nothing needs to reach the disk.
        settings = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder), "-c", "fsync=off"]
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [command("postgres"), "-D", self.folder / "data", *settings],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **USER,
            )
        self.wait_for()

    def stop(self):
        """Stops the cluster and all its connections."""
        self.server.send_signal(signal.SIGINT)
        self.server.wait(PATIENCE_SECONDS)

    @contextmanager
    def away(self):
        """Stops the cluster while the context lasts."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def wait_for(self):
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.run("SELECT 1", "postgres")
                return
            except AssertionError:
                said = (self.folder / "log").read_text()
                assert self.server.poll() is None and time.monotonic() < end, said
                time.sleep(0.05)

    def database(self):
        """The URL of a new, empty database."""
        name = f"test_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name}", "postgres")
        return f"postgres://enhancer@127.0.0.1:{self.port}/{name}"

    def run(self, sql, database):
        """Runs SQL and returns its output, one line for each row."""
        arguments = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "enhancer", "-qtA", "-c", sql, database]
        ended = subprocess.run(
            [command("psql"), *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.splitlines()


@contextmanager
def postgres():
    """Runs a cluster while the context lasts."""
    folder = Path(tempfile.mkdtemp(prefix="enhancer-postgres-"))
    try:
        if USER:
            shutil.chown(folder, **USER)
        subprocess.run(
            [command("initdb"), "-D", folder / "data", "-U", "enhancer", "--auth=trust", "--no-sync", "--locale=C"],
            check=True,
            capture_output=True,
            cwd=folder,
            **USER,
        )
        cluster = Postgres(folder, free_port())
        try:
            cluster.start()
            yield cluster
        finally:
            if cluster.server:
                cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
