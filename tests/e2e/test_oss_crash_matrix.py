"""GIF_SERVICE=oss: each request of the handler × each kind of break, then redelivery: one task on record."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

import pytest

from harness.cloud import local_cloud
from tests.clock import Clock
from tests.e2e.broken_site import LEASE, Site, deliver, every
from tests.e2e.imm_site import IMM, imm_handler, orders, uploaded
from tests.e2e.uploads import RECORDS, VIDEOS, read_record

from .breaking import AFTERWARDS, ANYWHERE, BEFORE, WHOLE, Break, Proxy

ORDER = 2
#: claim, order, record
PLACES = (1, ORDER, 3)
_names = (f"{number}.mp4" for number in itertools.count())


@pytest.fixture(scope="module")
def started() -> Iterator[Site]:
    clock = Clock()
    with (
        local_cloud(render=False, environ=IMM, clock=clock) as cloud,
        contextlib.closing(Proxy(cloud.server.port)) as proxy,
    ):
        yield Site(cloud, clock, proxy)


@pytest.fixture
def site(started: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    for pause in ("handler.storage.FIRST_BACKOFF_SECONDS", "handler.animate.BACKOFF_SECONDS"):
        monkeypatch.setattr(pause, 0.01)
    started.clock.ahead = 0.0
    started.cloud.imm.tasks.clear()
    return started


@pytest.mark.parametrize(
    ("how", "reaches"),
    every(BEFORE, reaches=False) + every(ANYWHERE | AFTERWARDS | WHOLE, reaches=True),
)
@pytest.mark.parametrize("nth", PLACES)
def test_one_task_is_on_record_and_a_second_only_after_a_lost_order(
    site: Site, nth: int, how: Break, reaches: bool
) -> None:
    environ = {"CLAIM_LEASE_SECONDS": f"{LEASE}", "COLLECT": "off"}
    handler = imm_handler(site.cloud, site.clock, environ, site.proxy.url, timeout=20)
    key = next(_names)
    event = uploaded(site.cloud, b"hello", key)
    site.proxy.break_next(nth, how, reaches=reaches)
    result = deliver(site, handler, event)
    assert site.proxy.broken
    site.proxy.over.set()
    (record,) = (entry.key for entry in site.cloud.oss.store.list(RECORDS, f"gif-tasks/{VIDEOS}/{key}/"))
    submitted = [line["task_id"] for line in read_record(site.cloud, record) if line["status"] == "submitted"]
    assert submitted == [result["task_id"]]
    made = orders(site.cloud)
    assert result["task_id"] == made[-1]
    assert len(made) == 1 or (len(made) == 2 and nth == ORDER and reaches)
    tasks = site.cloud.imm.tasks.list()
    assert len({(task.source, task.target, task.wanted) for task in tasks}) == 1
