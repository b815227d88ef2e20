"""Texts come as gzip for who accepts it."""

from __future__ import annotations

import pytest
import requests

from tests.harness.oss.local import LocalOss

TEXT = b"moving pictures " * 64  # 1,024 bytes


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=utf-8"])
def test_compressed_texts(oss: LocalOss, kind: str) -> None:
    bucket = oss.bucket()
    bucket.put_object("k", TEXT, headers={"Content-Type": kind})
    got = bucket.get_object("k", headers={"Accept-Encoding": "gzip"})
    assert (got.read(), got.content_length, got.headers["Content-Encoding"]) == (TEXT, None, "gzip")
    assert "ETag" not in got.headers
    assert bucket.get_object("k").content_length == len(TEXT)


@pytest.mark.parametrize(
    ("size", "stored", "asked"),
    [
        (1023, {"Content-Type": "text/plain"}, {"Accept-Encoding": "gzip"}),
        (1024, {"Content-Type": "video/mp4"}, {"Accept-Encoding": "gzip"}),
        (1024, {"Content-Type": "text/plain", "Content-Encoding": "br"}, {"Accept-Encoding": "gzip"}),
        (1024, {"Content-Type": "text/plain"}, {"Accept-Encoding": "gzip;q=0, br"}),
        (1024, {"Content-Type": "text/plain"}, {"Accept-Encoding": "x-gzip-like"}),
        (1024, {"Content-Type": "text/plain"}, {"Accept-Encoding": "gzip", "Range": "bytes=0-1023"}),
    ],
)
def test_what_stays_as_it_is(oss: LocalOss, size: int, stored: dict[str, str], asked: dict[str, str]) -> None:
    bucket = oss.bucket()
    bucket.put_object("k", TEXT[:size], headers=stored)
    url = bucket.sign_url("GET", "k", 60)
    with requests.get(url, headers=asked, stream=True, timeout=10) as answer:
        assert answer.raw.read(decode_content=False) == TEXT[:size]
        assert answer.headers.get("Content-Encoding") == stored.get("Content-Encoding")
        assert answer.headers["ETag"]


def test_a_large_text_in_pieces(oss: LocalOss) -> None:
    text = TEXT * 1000
    oss.bucket().put_object("k.txt", text)
    assert oss.bucket().get_object("k.txt", headers={"Accept-Encoding": "gzip"}).read() == text
