"""A real PostgreSQL on a free port of this machine, in a folder of its own."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "enhancer"
# Nothing here has to survive a power cut.
SETTINGS = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100"]


def programs():
    """The folder of PostgreSQL's programs, of the newest version if there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = found[-1] if found else shutil.which("initdb")
    assert initdb, "PostgreSQL is missing: run scripts/setup.sh api"
    return Path(initdb).resolve().parent


@dataclass
class Cluster:
    """A PostgreSQL that runs."""

    port: int
    password: str

    def url(self, database):
        return f"postgres://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def query(self, database, sql):
        """The rows of an answer, [row][column] as texts."""
        command = [programs() / "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--field-separator=|"]
        command += ["--set=ON_ERROR_STOP=1", f"--command={sql}", self.url(database)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
        return [line.split("|") for line in ended.stdout.splitlines()]

    def new_database(self):
        """An empty database; gives its name."""
        name = f"test_{secrets.token_hex(4)}"
        self.query("postgres", f"CREATE DATABASE {name}")
        return name


def _identity():
    """As whom PostgreSQL runs: it refuses to run as root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def cluster():
    """Starts a PostgreSQL, and leaves nothing of it behind."""
    # Not below pytest's folders, which other users than their own cannot enter.
    folder = Path(tempfile.mkdtemp(prefix="enhancer-postgres-"))
    made = Cluster(_free_port(), secrets.token_hex(16))
    password = folder / "password"
    password.write_text(made.password)
    if identity := _identity():
        for path in (password, folder):
            shutil.chown(path, "postgres", "postgres")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    def run(program, *options):
        command = [programs() / program, "--pgdata", folder / "data", *options]
        log = (folder / "log").open("ab")
        with log:
            ended = subprocess.run(
                command, stdout=log, stderr=log, cwd=folder, env=environment, timeout=120, **identity
            )
        assert ended.returncode == 0, (folder / "log").read_text()

    try:
        run("initdb", "--no-sync", f"--username={USER}", f"--pwfile={password}", "--auth=scram-sha-256")
        told = f"-p {made.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        run("pg_ctl", "--wait", f"--options={' -c '.join([told, *SETTINGS])}", "start")
        try:
            yield made
        finally:
            run("pg_ctl", "--wait", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
