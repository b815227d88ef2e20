"""What a result's URL leads to: nothing inside a network, no redirect, and never more than a limit in memory."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from handler.download import Downloads
from handler.errors import ResultNotFetched, ResultUnusable
from handler.result import fetch_result, urls_in
from handler.settings import Settings, read_settings
from harness.cloud import LocalCloud
from tests.e2e.handling import Handler
from tests.e2e.uploads import RECORDS, VIDEOS, event_for

from .collecting import GIF, collector_for, operations, put, succeed, url_of


def settings_for(**environ: str) -> Settings:
    values = {"APPLICATION_ID": "a", "TRACKING_BUCKET": RECORDS, **environ}
    return read_settings(values, region="cn-beijing", timeout=120)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x.gif",
        "http://localhost:9/x.gif",
        "http://10.0.0.1/x.gif",
        "http://192.168.1.1/x.gif",
        "http://169.254.169.254/latest/meta-data",
        "http://100.100.100.200/latest/meta-data",
        "http://[::1]/x.gif",
        "http://[::ffff:127.0.0.1]/x.gif",
        "http://2130706433/x.gif",
        "http://user@example.com/x.gif",
        "ftp://example.com/x.gif",
        "file:///etc/passwd",
        "http://example.com:x/",
    ],
)
def test_nothing_inside_a_network_is_reached(url: str) -> None:
    with pytest.raises(ResultUnusable):
        fetch_result(Downloads(settings_for()), url, 1 << 20)


def test_a_host_that_is_configured_is_the_exception_and_no_port_beside_it(cloud: LocalCloud) -> None:
    downloads = Downloads(settings_for(GIF_ENDPOINT=cloud.url))
    url = url_of(cloud, "result.gif", GIF)
    result = fetch_result(downloads, url, 1 << 20)
    assert (result.file.read(), result.size, result.content_type) == (GIF, len(GIF), "image/gif")
    result.close()
    with pytest.raises(ResultUnusable):
        fetch_result(downloads, url.replace(f":{urlsplit(cloud.url).port}/", ":9/"), 1 << 20)
    with pytest.raises(ResultUnusable, match="GIF_MAX_BYTES"):
        fetch_result(downloads, url, len(GIF) - 1)


def test_a_download_ends_with_the_time_for_it(cloud: LocalCloud) -> None:
    downloads = Downloads(settings_for(GIF_ENDPOINT=cloud.url))
    url = url_of(cloud, "result.gif", GIF)
    cloud.faults.add("oss:GetObject:latency=2")
    started = time.monotonic()
    with pytest.raises(ResultNotFetched):
        fetch_result(downloads, url, 1 << 20, lambda: 0.2)
    assert time.monotonic() - started < 1.5
    cloud.wait_for(lambda: "GetObject" in operations(cloud), 10, "the late answer, for which nobody waits")


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (b'{"a":["https:\\/\\/x.com\\/1.gif?a=1\\u0026b=2"]}', ["https://x.com/1.gif?a=1&b=2"]),
        (b"see http://x.com/1.gif, and http://x.com/1.gif.", ["http://x.com/1.gif"]),
        (b'<img src="http://x.com/1.gif?a=1&amp;b=2">', ["http://x.com/1.gif?a=1&b=2"]),
        (b"\xff\xfe no address", []),
    ],
)
def test_a_text_is_searched_whatever_its_form(text: bytes, urls: list[str]) -> None:
    assert urls_in(text) == urls


def test_fifty_megabytes_do_not_go_through_memory(cloud: LocalCloud, make_handler: Callable[..., Handler]) -> None:
    make_handler()(event_for("clip.mp4", put(cloud, "clip.mp4", b"film"), 4))
    size = 50 << 20
    succeed(cloud, url_of(cloud, "huge.gif", b"GIF89a" + bytes(size - 6)))
    collect = collector_for(cloud)
    tracemalloc.start()
    try:
        run = collect()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert run["finished"] == 1
    assert most < 8 << 20  # of the collector and of the cloud in this process
    assert len(cloud.oss.store.get(RECORDS, f"gifs/{VIDEOS}/clip.mp4.gif")) == size


def test_many_large_results_at_once_find_room_one_after_the_other(
    cloud: LocalCloud, make_handler: Callable[..., Handler], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All files that are open at the same time, in /tmp."""
    count, size, room = 8, 3 << 20, 7 << 20
    monkeypatch.setattr("handler.spool.MOST_HELD", room)
    handler, content = make_handler(), b"GIF89a" + bytes(size - 6)
    for number in range(count):
        handler(event_for(f"{number}.mp4", put(cloud, f"{number}.mp4", b"film"), 4))
        succeed(cloud, url_of(cloud, f"{number}.gif", content))
    cloud.faults.add("oss:PutObject:latency=0.1")  # so that every file is there for a while
    over, most = threading.Event(), [0]

    def watch() -> None:
        while not over.wait(0.002):
            most[0] = max(most[0], held_in_tmp())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        run = collector_for(cloud)()
    finally:
        over.set()
        watching.join()
    assert (run["finished"], run["left"]) == (count, 0)
    assert size <= most[0] <= room


def held_in_tmp() -> int:
    """Bytes of this process's temporary files, which have no name any more."""
    length = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if os.readlink(entry).startswith(f"{tempfile.gettempdir()}/") and not entry.stat().st_nlink:
                length += entry.stat().st_size
    return length
