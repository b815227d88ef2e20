"""README's first page shows `./gifs show` as it is printed, but for ids, times and sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.cloud import LocalCloud
from tests.documents.pages import blocks, read
from tests.e2e.collecting import GIF, succeed, url_of
from tests.ops.forms import form
from tests.ops.running import Ran
from tests.ops.uploading import collect, upload_all

Gifs = Callable[..., Ran]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_it_shows_what_the_command_prints(page: str, gifs: Gifs, cloud: LocalCloud) -> None:
    (printed,) = [block for block in blocks(read(page)) if block.startswith("$ ./gifs show")]
    command, _, expected = printed.partition("\n")
    upload_all(cloud, "clip.mp4")
    succeed(cloud, url_of(cloud, "result.gif", GIF))
    collect(cloud)
    ran = gifs(*command.split()[2:])
    assert (ran.code, form(ran.out)) == (0, form(expected))
