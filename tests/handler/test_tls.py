"""Who is trusted, and what TLS holds back."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from handler.connections import Connections, NeverSent
from tests.certificate import make_certificate

from .http_server import Server, serving

LIMIT = 6.0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def tls_server(certificate: tuple[Path, Path]) -> Iterator[Server]:
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[0])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from serving(server)


def test_a_certificate_of_the_bundle_is_trusted(tls_server: Server, certificate: tuple[Path, Path]) -> None:
    session = Connections(size=2, ca_bundle=str(certificate[1]))
    for host in ("127.0.0.1", "127.0.0.1."):  # a closing dot says that the name is complete
        url = f"https://{host}:{tls_server.port}/"
        assert session.send("POST", url, {}, seconds=LIMIT).status_code == 302
    session.close()


def test_a_certificate_of_nobody_is_refused(tls_server: Server) -> None:
    session = Connections(size=2)
    with pytest.raises(NeverSent, match="self-signed certificate"):
        session.send("POST", f"https://127.0.0.1:{tls_server.port}/", {}, seconds=LIMIT)
    assert tls_server.requests == []
    session.close()


def test_a_certificate_of_another_host_is_refused(tls_server: Server, certificate: tuple[Path, Path]) -> None:
    session = Connections(size=2, ca_bundle=str(certificate[1]))
    with pytest.raises(NeverSent, match="localhost"):
        session.send("POST", f"https://localhost:{tls_server.port}/", {}, seconds=LIMIT)
    assert tls_server.requests == []
    session.close()


@pytest.mark.parametrize("pieces", [1, 2])
def test_an_answer_that_nobody_asked_for_is_nobodys_under_tls_either(
    certificate: tuple[Path, Path], pieces: int
) -> None:
    """In the same record, or in one of its own: neither may become the next request's answer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[0])
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for number in (1, 2):
                tls = context.wrap_socket(listener.accept()[0], server_side=True)
                tls.recv(10_000)
                sent = [answer % number, answer % 9]
                for piece in [b"".join(sent)] if pieces == 1 else sent:
                    tls.sendall(piece)
                held.append(tls)

        held: list[ssl.SSLSocket] = []
        serving = threading.Thread(target=serve)
        serving.start()
        session = Connections(size=2, ca_bundle=str(certificate[1]))
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        first = session.send("GET", url, {}, seconds=LIMIT)
        while pieces == 2 and len(held) == 0:
            time.sleep(0.001)
        second = session.send("GET", url, {}, seconds=LIMIT)
        assert (first.content, second.content) == (b"1", b"2")
        serving.join()
        session.close()
        for tls in held:
            tls.close()
