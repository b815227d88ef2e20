"""The verdict itself can be wrong: each thing that is taken away from a right state is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.collecting import FAILED, PENDING
from tests.e2e.uploads import RECORDS, VIDEOS

from .state import Upload
from .verdict import End, judge
from .world import World, world


@pytest.fixture(scope="module")
def one() -> Iterator[World]:
    with world() as made:
        yield made


def _record(upload: Upload) -> str:
    return f"gif-tasks/{VIDEOS}/{upload.key}/{upload.etag}.jsonl"


def _without_its_last_line(one: World, upload: Upload) -> None:
    lines = one.cloud.oss.store.get(RECORDS, _record(upload)).splitlines(keepends=True)
    one.cloud.oss.store.put(RECORDS, _record(upload), b"".join(lines[:-1]))


def _without_its_gif(one: World, upload: Upload) -> None:
    one.cloud.oss.store.objects.delete(RECORDS, f"gifs/{VIDEOS}/{upload.key}.gif")


def _with_another_gif(one: World, upload: Upload) -> None:
    one.cloud.oss.store.put(RECORDS, f"gifs/{VIDEOS}/{upload.key}.gif", b"GIF89a another")


def _with_another_task(one: World, upload: Upload) -> None:
    one.cloud.multimediaai.tasks.create(application_id="a", video_name="b", video_url="http://x/y")


def _without_its_task(one: World, upload: Upload) -> None:
    one.cloud.multimediaai.tasks.clear()


def _still_pending(one: World, upload: Upload) -> None:
    one.cloud.oss.store.put(RECORDS, f"{PENDING}x.json", b"{}")


def _told(one: World, upload: Upload) -> None:
    one.cloud.oss.store.put(RECORDS, f"{FAILED}x.json", b"{}")


@pytest.mark.parametrize(
    ("change", "end"),
    [
        (lambda one, upload: None, End.STORED),
        (_without_its_last_line, End.LOST),
        (_without_its_gif, End.WRONG),
        (_with_another_gif, End.WRONG),
        (_with_another_task, End.DOUBLED),
        (_without_its_task, End.WRONG),
        (_still_pending, End.STUCK),
        (_told, End.TOLD),
    ],
)
def test_it_sees_what_is_wrong(one: World, change: Callable[[World, Upload], None], end: End) -> None:
    upload = one.upload(one.begin())
    assert one.deliver(upload)
    one.settle(upload, delivered=True)
    change(one, upload)
    assert judge(one, upload).end is end
