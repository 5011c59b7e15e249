"""What a server tells of itself, and what the system tells of it."""

import os
import re
import time
from pathlib import Path


def metric(client, name):
    """The value of a measurement without labels."""
    found = re.search(rf"^{name} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else None


def peak_memory(server):
    """The most memory that the server ever had, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def processor_seconds(server):
    """The processor time that the server has taken, in seconds."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def wait_until(holds, seconds=60):
    """Waits until something holds; the seconds are far more than it takes."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to hold"
        time.sleep(0.02)
