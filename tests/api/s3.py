"""A server on a free port of this machine that speaks S3."""

import logging
import secrets
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from moto.server import ThreadedMotoServer


@dataclass
class Bucket:
    """An empty bucket."""

    endpoint: str
    name: str

    @property
    def url(self):
        """A place in it, as the server's settings name it."""
        return f"s3://{self.name}/audio"

    @property
    def environment(self):
        """What a process has to know to reach it."""
        return {
            "AWS_ENDPOINT": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
        }

    def keys(self):
        """What lies in it."""
        listed = httpx.get(f"{self.endpoint}/{self.name}?list-type=2").text
        return [part.split("</Key>")[0] for part in listed.split("<Key>")[1:]]


@contextmanager
def bucket():
    """Starts a server with one bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        made = Bucket(f"http://{host}:{port}", f"bucket-{secrets.token_hex(4)}")
        httpx.put(f"{made.endpoint}/{made.name}").raise_for_status()
        yield made
    finally:
        server.stop()
