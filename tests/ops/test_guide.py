"""docs/operate.md shows what the commands print, but for ids, times and sizes; the Chinese one has the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from harness.cloud import LocalCloud
from tests.documents.pages import blocks, read
from tests.e2e.collecting import GIF, fail, succeed, url_of
from tests.ops.forms import form
from tests.ops.running import Ran
from tests.ops.stock import keys, stock
from tests.ops.uploading import collect, upload_all

Gifs = Callable[..., Ran]


class Shown(NamedTuple):
    """before: what happens first. code: what the command ends with."""

    before: Callable[[LocalCloud], object]
    command: str
    code: int


def nothing(_: LocalCloud) -> None: ...


def one_fails_and_one_is_not_seen(cloud: LocalCloud) -> None:
    stock(cloud, ["lost.mp4"])
    upload_all(cloud, "clip.mp4")
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    upload_all(cloud, "broken.mp4")
    fail(cloud, error_code="1000", error_name="Download fail", error_reason="the video has no picture")
    collect(cloud)
    upload_all(cloud, "new.mp4")


def there_are_more_from_before(cloud: LocalCloud) -> None:
    stock(cloud, keys(300, folder="2025/"))


def one_comes_meanwhile(cloud: LocalCloud) -> None:
    upload_all(cloud, "late.mp4")


TOLD = (
    Shown(one_fails_and_one_is_not_seen, "./gifs status", 1),
    Shown(nothing, "./gifs show oss://my-videos/broken.mp4", 1),
    Shown(nothing, "./gifs show oss://my-videos/lost.mp4", 0),
    Shown(nothing, "./gifs audit oss://my-videos/", 1),
    Shown(nothing, "./gifs retry --failed --dry-run", 1),
    Shown(there_are_more_from_before, "./gifs backfill oss://my-videos/ --dry-run --price 0.1", 0),
    Shown(nothing, "./gifs pause", 0),
    Shown(one_comes_meanwhile, "./gifs resume", 0),
)


def printed() -> dict[str, str]:
    """What the page shows of each command, by the command."""
    shown = [block for block in blocks(read("docs/operate.md")) if block.startswith("$ ")]
    parts = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(shown), re.MULTILINE)
    return dict(parts)


def test_it_shows_what_the_commands_print(gifs: Gifs, cloud: LocalCloud) -> None:
    expected = printed()
    assert sorted(expected) == sorted(shown.command for shown in TOLD)
    for shown in TOLD:
        shown.before(cloud)
        ran = gifs(*shown.command.split()[1:])
        assert (ran.code, form(ran.out)) == (shown.code, form(expected[shown.command])), shown.command
