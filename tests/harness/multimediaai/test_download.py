"""VideoUrl is fetched exactly as given, within limits, and what goes wrong is said without the URL's signature."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from harness.http.server import Request, Response
from harness.multimediaai.download import Cancelled, DownloadError, Limits, download
from tests.harness.multimediaai.world import World, cut

LIMITS = Limits(size=1000, connect=1, silence=0.3, total=5)


def fetch(world: World, url: str, limits: Limits = LIMITS) -> bytes:
    target = world.directory / "fetched"
    size = download(url, target, limits)
    assert size == target.stat().st_size
    return target.read_bytes()


def put(world: World, name: str, data: bytes = b"film") -> None:
    world.files[name] = world.directory / "source"
    (world.directory / "source").write_bytes(data)


@pytest.mark.parametrize(
    "path",
    ["a%20b%2Bc%23d%3Fe%25.mp4", "%E7%8C%AB.mp4", "a+b~(1).mp4", "a/../b/./c.mp4", "a//b.mp4", "%7E%41.mp4"],
)
def test_the_url_is_sent_as_it_is(world: World, path: str) -> None:
    world.files[unquote(path)] = lambda request: Response(200, {}, b"film")
    query = "x-oss-signature=a%2Fb%3D&b&a=%E7%8C%AB&c=~%20+"
    assert fetch(world, f"{world.server.url}/files/{path}?{query}") == b"film"
    assert world.fetched == [(f"/files/{path}", query)]


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("http://h/a b.mp4", "' '"),
        ("http://h/猫.mp4", "'猫'"),
        ("http://h/100%.mp4", "'%'"),
        ('http://h/a"b.mp4', "'\"'"),
        ("http://h/a\\b.mp4", r"'\\\\'"),
        ("http://h/a\r\nHost: x", r"'\\r'"),
        ("ftp://h/a.mp4", "http"),
        ("http:///a.mp4", "host"),
    ],
)
def test_a_url_that_is_none_is_not_repaired(world: World, url: str, wrong: str) -> None:
    with pytest.raises(DownloadError, match=wrong):
        fetch(world, url)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda request: Response(403, {}, oss_error("SignatureDoesNotMatch")), r"403 \(SignatureDoesNotMatch\)"),
        (lambda request: Response(404, {}, oss_error("NoSuchKey")), r"404 \(NoSuchKey\)"),
        (lambda request: Response(500, {}, b"oops"), "500$"),
        (lambda request: Response(204), "204$"),
        (lambda request: Response(200, {}, b"x" * 1001), "larger than 1000 bytes"),
        (lambda request: Response(200, {}, [b"x" * 600, b"x" * 600]), "larger than 1000 bytes"),
        (lambda request: Response(200, {}, b"x" * 900, cut_after=500), "broke before the end"),
        (cut, "the connection failed"),
        (lambda request: Response(302, {"Location": request.path}), "too many redirects"),
        (lambda request: Response(302, {"Location": "file:///etc/passwd"}), "not a valid URL"),
    ],
)
def test_what_goes_wrong_is_said_without_the_signature(world: World, answer: object, reason: str) -> None:
    world.files["v.mp4"] = answer  # type: ignore[assignment]
    with pytest.raises(DownloadError, match=reason) as failed:
        fetch(world, world.file_url("v.mp4") + "?Signature=top-secret&security-token=hidden")
    assert "127.0.0.1" in str(failed.value) or "larger" in reason
    assert "secret" not in str(failed.value)
    assert "hidden" not in str(failed.value)


def oss_error(code: str) -> bytes:
    return f"<?xml version='1.0'?>\n<Error><Code>{code}</Code><Message>m</Message></Error>".encode()


def test_a_redirect_is_followed(world: World) -> None:
    put(world, "there.mp4")
    world.files["here.mp4"] = lambda request: Response(302, {"Location": world.file_url("there.mp4")})
    assert fetch(world, world.file_url("here.mp4")) == b"film"


def test_nothing_is_unpacked_on_the_way(world: World) -> None:
    def answer(request: Request) -> Response:
        assert request.header("Accept-Encoding") == "identity"
        return Response(200, {}, b"film")

    world.files["v.mp4"] = answer
    assert fetch(world, world.file_url("v.mp4")) == b"film"


def test_a_chunked_answer_has_no_progress_but_all_bytes(world: World) -> None:
    world.files["v.mp4"] = lambda request: Response(200, {}, [b"fi", b"lm"])
    assert fetch(world, world.file_url("v.mp4")) == b"film"


def test_nobody_there(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        with pytest.raises(DownloadError, match="the connection failed"):
            fetch(world, f"http://127.0.0.1:{taken.getsockname()[1]}/v.mp4?Signature=s")


def test_silence_has_a_limit(world: World) -> None:
    done = threading.Event()

    def never(request: Request) -> Response:
        done.wait(10)
        return Response(200, {}, b"late")

    world.files["v.mp4"] = never
    try:
        with pytest.raises(DownloadError, match="no data for"):
            fetch(world, world.file_url("v.mp4"))
    finally:
        done.set()


def test_it_can_be_cancelled(world: World, tmp_path: Path) -> None:
    put(world, "v.mp4", b"x" * 900)
    with pytest.raises(Cancelled):
        download(world.file_url("v.mp4"), tmp_path / "v", LIMITS, cancelled=lambda: True)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("total", "ended"), [(60, Cancelled), (-1, DownloadError)])
def test_a_server_that_drips_outlasts_neither_a_stop_nor_the_time_limit(
    world: World, tmp_path: Path, chunked: bool, total: float, ended: type[Exception]
) -> None:
    done = threading.Event()

    def drip() -> Iterator[bytes]:
        yield b"x"
        done.wait(30)
        yield b"x" * 999

    world.files["v.mp4"] = lambda request: Response(200, {}, drip(), length=None if chunked else 1000)
    limits = Limits(size=1000, silence=20, total=total)
    try:
        with pytest.raises(ended):
            download(world.file_url("v.mp4"), tmp_path / "v", limits, cancelled=lambda: total > 0)
    finally:
        done.set()


def test_progress(world: World, tmp_path: Path) -> None:
    put(world, "v.mp4", b"x" * 900_000)
    progress: list[float] = []
    download(world.file_url("v.mp4"), tmp_path / "v", Limits(), progress.append)
    assert progress == sorted(progress)
    assert len(progress) > 2
    assert progress[-1] == 1.0
