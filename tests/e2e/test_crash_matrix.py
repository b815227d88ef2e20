"""Each request of the handler × each kind of break, then redelivery: one task, on record, and answered."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import alibabacloud_oss_v2 as oss
import pytest

from handler.errors import VideosFailed
from harness.cloud import local_cloud
from tests.clock import Clock
from tests.e2e.broken_site import LEASE, Site, deliver, every
from tests.e2e.handling import Handler, handler_for
from tests.e2e.uploads import RECORDS, VIDEOS, event_for, owner_client, read_record, task_ids

from .breaking import AFTERWARDS, ANYWHERE, BEFORE, SLOW, WHOLE, Break, Proxy, page

pytestmark = pytest.mark.slow

#: Seconds of a lease where a request has to be waited for as long as it may take.
SHORT_LEASE = 2.0
_names = (f"{number}.mp4" for number in itertools.count())


@pytest.fixture(scope="module")
def started() -> Iterator[Site]:
    clock = Clock()
    with local_cloud(render=False, clock=clock) as cloud, contextlib.closing(Proxy(cloud.server.port)) as proxy:
        yield Site(cloud, clock, proxy)


@pytest.fixture
def site(started: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Without what the cases before have left."""
    for pause in ("handler.storage.FIRST_BACKOFF_SECONDS", "handler.gif_task.BACKOFF_SECONDS"):
        monkeypatch.setattr(pause, 0.01)
    started.clock.ahead = 0.0
    started.cloud.multimediaai.tasks.clear()
    return started


class Case(NamedTuple):
    """A video, and how it is asked for."""

    key: str
    event: dict[str, Any]


def new(site: Site, handler: Handler, key: str) -> Case:
    return Case(key, event_for(key, site.cloud.oss.store.put(VIDEOS, key, b"hello").etag))


def named(site: Site, handler: Handler, key: str) -> Case:
    site.cloud.oss.store.put(VIDEOS, key, b"hello")
    return Case(key, {"videos": [f"oss://{VIDEOS}/{key}"]})


def linked(site: Site, handler: Handler, key: str) -> Case:
    site.cloud.oss.store.put(VIDEOS, f"whole/{key}", b"hello")
    link = oss.PutSymlinkRequest(bucket=VIDEOS, key=key, symlink_target=f"whole/{key}")
    owner_client(site.cloud).put_symlink(link)
    return Case(key, {"videos": [f"oss://{VIDEOS}/{key}"]})


def known(site: Site, handler: Handler, key: str) -> Case:
    case = new(site, handler, key)
    handler(case.event)
    return case


def lost(site: Site, handler: Handler, key: str) -> Case:
    """The task exists, and its answer did not arrive."""
    case = new(site, handler, key)
    _fail(site, handler, case, reaches=True)
    return case


def vain(site: Site, handler: Handler, key: str) -> Case:
    """Its request did not arrive, and nobody knows."""
    case = new(site, handler, key)
    _fail(site, handler, case, reaches=False)
    return case


def _fail(site: Site, handler: Handler, case: Case, *, reaches: bool) -> None:
    site.proxy.break_next(2, page(502), reaches=reaches)
    with pytest.raises(VideosFailed, match="OutcomeUnknown"):
        handler(case.event)
    site.clock.ahead += LEASE


#: Where one has the same requests as another, in the same state, it is not broken there a second time.
SCENES: list[tuple[Callable[[Site, Handler, str], Case], Iterable[int]]] = [
    (new, (1, 2, 3)),  # claim, CreateGifTask, record
    (named, (1,)),  # HeadObject
    (linked, (2,)),  # GetSymlink
    (known, (1, 2)),  # claim, GetObject
    (lost, (1, 2, 3, 4, 5)),  # claim, GetObject, claim, ListTasks, record
    (vain, (4, 5, 6)),  # ListTasks, CreateGifTask, record
]
PLACES = [pytest.param(scene, n, id=f"{scene.__name__} {n}") for scene, places in SCENES for n in places]


def check(
    site: Site,
    scene: Callable[[Site, Handler, str], Case],
    nth: int,
    how: Break,
    *,
    reaches: bool,
    lease: float = LEASE,
) -> None:
    environ = {"CLAIM_LEASE_SECONDS": f"{lease}", "COLLECT": "off"}
    handler = handler_for(site.cloud, site.clock, site.proxy.url, 20, **environ)
    case = scene(site, handler, next(_names))
    site.proxy.break_next(nth, how, reaches=reaches)
    result = deliver(site, handler, case.event)
    assert site.proxy.broken, f"there were only {site.proxy.requests} requests"
    site.proxy.over.set()
    assert task_ids(site.cloud) == [result["task_id"]]
    (record,) = (entry.key for entry in site.cloud.oss.store.list(RECORDS, f"gif-tasks/{VIDEOS}/{case.key}/"))
    assert result["record"] == f"oss://{RECORDS}/{record}"
    submitted = [line["task_id"] for line in read_record(site.cloud, record) if line["status"] == "submitted"]
    assert submitted == [result["task_id"]]


@pytest.mark.parametrize(("how", "reaches"), every(BEFORE, reaches=False) + every(ANYWHERE, reaches=True))
@pytest.mark.parametrize(("scene", "nth"), PLACES)
def test_no_page_and_no_broken_connection_costs_or_loses_a_task(
    site: Site, scene: Callable[[Site, Handler, str], Case], nth: int, how: Break, reaches: bool
) -> None:
    check(site, scene, nth, how, reaches=reaches)


@pytest.mark.parametrize(("how", "reaches"), every(AFTERWARDS | WHOLE, reaches=True))
@pytest.mark.parametrize(("scene", "nth"), PLACES)
def test_no_answer_is_taken_for_more_than_it_says(
    site: Site, scene: Callable[[Site, Handler, str], Case], nth: int, how: Break, reaches: bool
) -> None:
    check(site, scene, nth, how, reaches=reaches)


@pytest.mark.parametrize(("how", "reaches"), every(SLOW, reaches=True))
@pytest.mark.parametrize(("scene", "nth"), PLACES)
def test_an_answer_that_never_ends_is_waited_for_as_long_as_a_request_may_take(
    site: Site,
    scene: Callable[[Site, Handler, str], Case],
    nth: int,
    how: Break,
    reaches: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of OSS's as of the API's, which is made short for it."""
    monkeypatch.setattr("handler.storage.LIMIT_SECONDS", 0.3 * SHORT_LEASE)
    monkeypatch.setattr("handler.attempt.LIMIT_SECONDS", 0.3 * SHORT_LEASE)
    check(site, scene, nth, how, reaches=reaches, lease=SHORT_LEASE)
