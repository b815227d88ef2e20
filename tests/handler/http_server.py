"""An HTTP server that remembers what reached it, for tests of what is sent."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    """Remembers what reached it, answers with a redirect and a cookie, and as the path says:

    /cut closes inside the body, /bye after it, /close only says so, /silent waits, /four until there are four.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.connections = 0
        self.ended, self.over = threading.Event(), threading.Event()
        self.four = threading.Barrier(4, timeout=5)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.ended.set()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.requests.append((self.path, body, dict(self.headers.items())))
        if self.path == "/silent":
            self.server.over.wait(10)
        if self.path == "/four":
            self.server.four.wait()
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "a=b")
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            body = "2\r\nha\r\n3\r\nllo\r\n0\r\n\r\n"
        else:
            self.send_header("Content-Length", "5")
            body = "ha" if self.path == "/cut" else "hallo"
        if self.path == "/close":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body.encode())
        self.close_connection = self.path in ("/cut", "/bye")  # not yet after /close

    def log_message(self, *args: object) -> None:
        pass


def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()


def answering(listener: socket.socket, answer: bytes, tls: ssl.SSLContext | None, received: list[bytes]) -> None:
    """Reads one request on each connection, and answers."""
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with plain:
            try:
                connection = tls.wrap_socket(plain, server_side=True) if tls else plain
                received.append(connection.recv(100_000))
                if answer:
                    connection.sendall(answer)
                elif tls:
                    plain_socket = socket.socket(fileno=connection.detach())
                    plain_socket.sendall(b"\x17\x03\x03\x00\x10" + b"not a TLS record")
                    plain_socket.close()
            except OSError:
                continue


def response(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
