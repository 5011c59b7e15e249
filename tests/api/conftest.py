"""Servers for the tests, which end after them."""

import signal

import pytest
import server as servers


@pytest.fixture
def serve(tmp_path):
    """Starts servers, each with the given options."""
    running = []

    def start(*options, folder=tmp_path, **more):
        running.append(servers.start(folder, *options, **more))
        return running[-1]

    yield start
    for server in running:
        server.process.kill()
        server.process.wait()
        server.process.stdout.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with the usual settings, shared by the tests of a module."""
    server = servers.start(tmp_path_factory.mktemp("server"))
    yield server
    assert server.stop(signal.SIGTERM) == 0
    server.process.stdout.close()


@pytest.fixture(scope="module")
def client(server):
    """A client of that server."""
    with server.client() as client:
        yield client
