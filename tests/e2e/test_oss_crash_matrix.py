"""GIF_SERVICE=oss: each request of the handler × each kind of break, then redelivery: one task on record."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

import pytest

from handler.errors import VideosFailed
from handler.record import FOUND
from harness.cloud import local_cloud
from tests.clock import Clock
from tests.e2e.broken_site import LEASE, Site, deliver, every
from tests.e2e.handling import Handler
from tests.e2e.imm_site import GIF, IMM, imm_handler, orders, uploaded
from tests.e2e.uploads import RECORDS, VIDEOS, read_record

from .breaking import AFTERWARDS, ANYWHERE, BEFORE, WHOLE, Break, Proxy, page

pytestmark = pytest.mark.slow

ORDER = 2
#: claim, order, record
PLACES = (1, ORDER, 3)
#: claim, GetObject of the record, claim, HeadObject of the GIF and of the video, record
PLACES_OF_A_TAKEOVER = (1, 2, 3, 4, 5, 6)
#: Of each kind one, and every page that could be taken for "it is not there", or for more than it says.
SOME = {name: ANYWHERE[name] for name in ("reset", "page 200", "page 403", "page 404", "page 503", "nothing 200")}
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


def handler_of(site: Site) -> Handler:
    environ = {"CLAIM_LEASE_SECONDS": f"{LEASE}", "COLLECT": "off"}
    return imm_handler(site.cloud, site.clock, environ, site.proxy.url, timeout=20)


def submitted(site: Site, key: str) -> list[str]:
    """The TaskIds that the only record of the key names."""
    (record,) = (entry.key for entry in site.cloud.oss.store.list(RECORDS, f"gif-tasks/{VIDEOS}/{key}/"))
    return [line["task_id"] for line in read_record(site.cloud, record) if line["status"] == "submitted"]


@pytest.mark.parametrize(
    ("how", "reaches"),
    every(BEFORE, reaches=False) + every(ANYWHERE | AFTERWARDS | WHOLE, reaches=True),
)
@pytest.mark.parametrize("nth", PLACES)
def test_one_task_is_on_record_and_a_second_only_after_a_lost_order(
    site: Site, nth: int, how: Break, reaches: bool
) -> None:
    handler, key = handler_of(site), next(_names)
    event = uploaded(site.cloud, b"hello", key)
    site.proxy.break_next(nth, how, reaches=reaches)
    result = deliver(site, handler, event)
    assert site.proxy.broken
    site.proxy.over.set()
    assert submitted(site, key) == [result["task_id"]]
    made = orders(site.cloud)
    assert result["task_id"] == made[-1]
    assert len(made) == 1 or (len(made) == 2 and nth == ORDER and reaches)
    tasks = site.cloud.imm.tasks.list()
    assert len({(task.source, task.target, task.wanted) for task in tasks}) == 1


@pytest.mark.parametrize("how", SOME.values(), ids=SOME)
@pytest.mark.parametrize("nth", PLACES_OF_A_TAKEOVER)
def test_a_lost_order_whose_gif_is_there_is_not_repeated(site: Site, nth: int, how: Break) -> None:
    handler, key = handler_of(site), next(_names)
    event = uploaded(site.cloud, b"hello", key)
    site.proxy.break_next(ORDER, page(502), reaches=True)
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(event)
    site.cloud.oss.store.put(RECORDS, f"gifs/{VIDEOS}/{key}.gif", GIF)
    site.clock.ahead += LEASE
    site.proxy.break_next(nth, how, reaches=True)
    result = deliver(site, handler, event)
    assert site.proxy.broken, f"there were only {site.proxy.requests} requests"
    site.proxy.over.set()
    assert submitted(site, key) == [result["task_id"]]
    assert result["task_id"].startswith(FOUND)
    assert len(orders(site.cloud)) == 1
