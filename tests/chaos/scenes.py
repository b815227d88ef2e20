"""What is there before a request is broken, and whose requests are broken: the handler's or the collector's."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import alibabacloud_oss_v2 as oss

from harness.multimediaai.tasks import TaskStatus
from tests.e2e.breaking import page
from tests.e2e.uploads import RECORDS, VIDEOS, owner_client

from .proxy import Break
from .state import Upload, gif_of
from .world import World

Prepare = Callable[[World, str], Upload]


class Scene(NamedTuple):
    """function: whose first run is broken. may_fail: it may end below .failed/ although nothing was broken."""

    name: str
    prepare: Prepare
    function: str


def new(world: World, key: str) -> Upload:
    return world.upload(key)


def named(world: World, key: str) -> Upload:
    """By a person, without an eTag."""
    return world.upload(key)._replace(event={"videos": [f"oss://{VIDEOS}/{key}"]})


def linked(world: World, key: str) -> Upload:
    world.cloud.oss.store.put(VIDEOS, f"whole/{key}", b"film")
    link = oss.PutSymlinkRequest(bucket=VIDEOS, key=key, symlink_target=f"whole/{key}")
    owner_client(world.cloud).put_symlink(link)
    etag = world.cloud.oss.store.stat(VIDEOS, key).etag
    return Upload(key, etag, {"videos": [f"oss://{VIDEOS}/{key}"]})


def known(world: World, key: str) -> Upload:
    upload = new(world, key)
    assert world.deliver(upload)
    return upload


def done(world: World, key: str) -> Upload:
    """Its GIF is there, and its event comes once more."""
    upload = known(world, key)
    assert world.collect()
    return upload


def _unanswered(world: World, key: str, *, reaches: bool) -> Upload:
    upload = new(world, key)
    broken = Break("lost", reaches, page(502))
    world.doors.play(lambda door, number: broken if door == "api" else None)
    assert not world.deliver(upload)
    world.timeline.move(world.takes_over())
    return upload


def lost(world: World, key: str) -> Upload:
    """The task exists, and its answer did not arrive."""
    return _unanswered(world, key, reaches=True)


def vain(world: World, key: str) -> Upload:
    """Its request did not arrive, and nobody knows."""
    return _unanswered(world, key, reaches=False)


def refused(world: World, key: str) -> Upload:
    world.cloud.faults.add("multimediaai:CreateGifTask:error=401/BalanceNotEnough:times=1")
    upload = new(world, key)
    assert not world.deliver(upload)
    return upload


def forced(world: World, key: str) -> Upload:
    """A person wants another task for a video that has its GIF."""
    upload = done(world, key)
    event = {"videos": [f"oss://{VIDEOS}/{key}"], "force": True}
    return upload._replace(event=event, wanted=2, request_id="request-2")


def made(world: World, key: str) -> Upload:
    return known(world, key)


def told_in_a_text(world: World, key: str) -> Upload:
    """The result is a text, and a URL in it leads to the GIF."""

    def ends(task_id: int) -> dict[str, str]:
        return {"result_url": world.result(f"see {world.gif_url(task_id)}".encode(), "text")}

    world.ends = ends
    return known(world, key)


def in_place_of_another(world: World, key: str) -> Upload:
    """Under the GIF's name there is that of an earlier upload."""
    upload = known(world, key)
    world.cloud.oss.store.put(RECORDS, f"gifs/{VIDEOS}/{key}.gif", gif_of(0))
    return upload


def failed(world: World, key: str) -> Upload:
    """The service cannot make a GIF of it."""
    world.ends = lambda task_id: {"error_code": "1000", "error_name": "Download fail", "error_reason": "no video"}
    return known(world, key)


def uploaded_anew(world: World, key: str) -> Upload:
    """The key holds another upload by now, whose GIF is there already; the older one's is yet to be collected."""
    known(world, key)
    assert world.cloud.multimediaai.tasks.count(TaskStatus.WAITING) == 1
    waiting = world.cloud.multimediaai.tasks.take(lambda: False)
    newer = world.upload(key, b"another film")
    assert world.deliver(newer)
    assert world.collect()
    assert waiting is not None
    url = world.gif_url(waiting.task_id)
    world.cloud.multimediaai.tasks.end(waiting.task_id, TaskStatus.SUCCEEDED, result_url=url)
    return newer._replace(wanted=2)


SUBMIT = [
    Scene(each.__name__, each, "submit") for each in (new, named, linked, known, done, lost, vain, refused, forced)
]
COLLECT = [
    Scene(f"collect {each.__name__}", each, "collect")
    for each in (made, told_in_a_text, in_place_of_another, uploaded_anew, failed, lost, vain, refused)
]
SCENES = [*SUBMIT, *COLLECT]
