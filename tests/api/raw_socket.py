"""Requests that no well-behaved client sends, byte by byte."""

import json
import socket
from contextlib import suppress
from urllib.parse import urlsplit


def connect(server):
    """A bare connection to a server."""
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def head(path, *headers):
    """The head of a POST with a body in chunks, which needs no length."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked", *headers]
    return "\r\n".join([*lines, "\r\n"]).encode()


def post_json(connection, path, **fields):
    """Sends a whole request without waiting for its answer."""
    body = json.dumps(fields).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    connection.sendall("\r\n".join([*lines, f"Content-Length: {len(body)}", "\r\n"]).encode() + body)


def send_chunks(connection, chunk, count):
    """Sends a chunk again and again. Returns how many were accepted."""
    framed = f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n"
    for sent in range(count):
        try:
            connection.sendall(framed)
        except OSError:
            return sent
    return count


def answer(connection):
    """Everything that the server sends until it closes the connection or is silent for a while."""
    said = b""
    with suppress(OSError):
        while more := connection.recv(1 << 16):
            said += more
    return said
