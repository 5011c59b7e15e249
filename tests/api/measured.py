"""Measurements of a server: its own metrics, and those of the system."""

import os
import re
import time
from pathlib import Path


def metric(client, name):
    """The value of a measurement without labels."""
    found = re.search(rf"^{name} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else None


def peak_memory(server):
    """The peak memory of the server in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def processor_seconds(server):
    """The processor time of the server so far, in seconds."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def wait_until(holds, seconds=60):
    """Waits until a condition holds. The limit is far longer than this takes."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "the condition never held"
        time.sleep(0.02)
