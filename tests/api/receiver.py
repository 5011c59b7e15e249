"""A receiver of webhooks, on a free port of this machine."""

import json
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Call:
    """A call that a receiver got."""

    path: str
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


class Receiver:
    """Answers calls with these statuses in turn, and repeats the last one."""

    def __init__(self, *statuses, headers=None, body=b"", certificate=None):
        self.calls = []
        self._statuses = list(statuses) or [204]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.calls.append(Call(self.path, headers, sent))
                self.send_response(receiver._next_status())
                for name, value in (headers_to_send or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        headers_to_send = headers
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._scheme = "http"
        if certificate:
            self._scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        # A client that does not trust the certificate hangs up, which is not an error here.
        self._server.handle_error = lambda *_: None

    def _next_status(self):
        return self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]

    @property
    def port(self):
        return self._server.server_port

    @property
    def url(self):
        return f"{self._scheme}://127.0.0.1:{self.port}/done"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
