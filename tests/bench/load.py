"""Prints what a server does under load: 64 clients at once upload recordings of one second to one
minute, for a minute, while others send a byte a second or read nothing.

Then the command line enhances the same recordings in one process. Both are measured in seconds of
audio for each second. This fails if the server closes a connection early, answers with anything other
than a result or "try again later", needs much memory, or is much slower.
"""

import argparse
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1] / "api"))

import httpx  # noqa: E402
import server as servers  # noqa: E402
from command import ENHANCER  # noqa: E402
from measured import peak_memory  # noqa: E402
from recordings import speech  # noqa: E402

SEED = 20_261_123
RECORDING_SECONDS = (1, 2, 5, 10, 20, 30, 60)
SLOW_CLIENTS = 8
MOST_MEMORY = 1 << 30
LEAST_RATIO = 0.9


class Load:
    """The results of all clients together."""

    def __init__(self, server, model, seconds):
        self.server, self.model = server, model
        self.end = time.monotonic() + seconds
        self.answered, self.refused, self.faults = [], 0, []
        self.lock = threading.Lock()

    def client(self, number):
        """Uploads recordings until the time is up."""
        rng = random.Random(SEED + number)
        with httpx.Client(base_url=self.server.url, timeout=300) as client:
            while time.monotonic() < self.end:
                self.upload(client, rng.choice(RECORDING_SECONDS))

    def upload(self, client, seconds):
        try:
            answer = client.post("/enhance", params={"model": self.model}, content=speech(seconds))
        except httpx.HTTPError as error:
            with self.lock:
                self.faults.append(repr(error))
            return
        later = answer.headers.get("retry-after", "")
        with self.lock:
            if answer.status_code == 200 and len(answer.content) == int(answer.headers["content-length"]):
                self.answered.append(seconds)
            elif answer.status_code in {429, 503} and later.isdigit():
                self.refused += 1
            else:
                self.faults.append(f"{answer.status_code} {answer.text[:200]}")
        if later:
            time.sleep(max(0, min(int(later), self.end - time.monotonic())))

    def slow_sender(self):
        """Sends a byte a second of a long body."""
        with self._connection(f"Content-Length: {1 << 20}") as connection:
            while time.monotonic() < self.end:
                try:
                    connection.sendall(b"R")
                except OSError:
                    return
                time.sleep(1)

    def slow_reader(self):
        """Sends a recording and does not read the result."""
        recording = speech(60)
        with self._connection(f"Content-Length: {len(recording)}") as connection:
            try:
                connection.sendall(recording)
            except OSError:
                return
            time.sleep(max(0, self.end - time.monotonic()))

    def _connection(self, *headers):
        address = urlsplit(self.server.url)
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect((address.hostname, address.port))
        lines = [f"POST /enhance?model={self.model} HTTP/1.1", "Host: localhost", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode())
        return connection


def run(load, clients):
    """Starts all clients. Returns the seconds until the last one was answered."""
    threads = [threading.Thread(target=load.client, args=[number]) for number in range(clients)]
    slow = [threading.Thread(target=what) for what in (load.slow_sender, load.slow_reader) for _ in range(SLOW_CLIENTS)]
    begun = time.monotonic()
    for thread in [*slow, *threads]:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.monotonic() - begun
    for thread in slow:
        thread.join()
    return taken


def by_command_line(answered, model, folder):
    """The seconds that one process of the command line takes for the same recordings."""
    sources, results = folder / "sources", folder / "results"
    sources.mkdir()
    for number, seconds in enumerate(answered):
        (sources / f"{number}.wav").write_bytes(speech(seconds))
    command = [ENHANCER, "enhance-file", "--model", model, "--out-dir", results, "--source-file"]
    begun = time.monotonic()
    subprocess.run([*command, *sources.iterdir()], check=True, capture_output=True)
    taken = time.monotonic() - begun
    assert len(list(results.iterdir())) == len(answered)
    shutil.rmtree(results)
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--model", default="deepfilternet3")
    asked = parser.parse_args()
    for seconds in RECORDING_SECONDS:
        speech(seconds)
    with tempfile.TemporaryDirectory() as folder:
        server = servers.start(Path(folder), "--log", "warn")
        try:
            load = Load(server, asked.model, asked.seconds)
            taken = run(load, asked.clients)
            memory = peak_memory(server)
        finally:
            ended = server.stop()
            server.process.stdout.close()
        audio = sum(load.answered)
        alone = by_command_line(load.answered, asked.model, Path(folder))
    ratio = alone / taken
    print(f"{asked.clients} clients for {asked.seconds:g} s: {len(load.answered)} recordings of {audio} s in all done")
    print(f"in {taken:.1f} s, {load.refused} requests got 503 with Retry-After, {len(load.faults)} faults {load.faults[:3]}")
    print(f"peak memory of the server: {memory / 2**20:.0f} MiB (at most {MOST_MEMORY >> 20})")
    print(f"server: {audio / taken:.1f} s of audio a second; command line: {audio / alone:.1f}; ratio {ratio:.2f}")
    good = load.answered and not load.faults and memory <= MOST_MEMORY and ended == 0 and ratio >= LEAST_RATIO
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
