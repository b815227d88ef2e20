from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.cloud import LocalCloud
from tests.ops.running import Ran
from tests.ops.stock import finish, keys
from tests.ops.telling import CLAIM, record
from tests.ops.uploading import upload_all

Gifs = Callable[..., Ran]


def test_each_upload_is_listed_with_its_state_and_its_gif(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "猫 +.mp4", "b/clip.mp4")
    listed = {line["video"]: line for line in gifs("list", "--json").lines}
    assert {uri: line["state"] for uri, line in listed.items()} == {
        "oss://my-videos/猫 +.mp4": "submitted",
        "oss://my-videos/b/clip.mp4": "submitted",
    }
    assert all(line["task_id"] for line in listed.values())
    assert "oss://my-videos/猫 +.mp4" in gifs("list").out


def test_only_what_is_asked_for_is_listed(gifs: Gifs, cloud: LocalCloud) -> None:
    upload_all(cloud, "a.mp4", "b/clip.mp4")
    assert [line["video"] for line in gifs("list", "--json", "--prefix", "b/").lines] == [
        "oss://my-videos/b/clip.mp4"
    ]
    assert len(gifs("list", "--json", "--prefix", "oss://my-videos/", "--limit", "1").lines) == 1
    nothing = gifs("list", "--json", "--state", "finished")
    assert (nothing.code, nothing.out) == (0, "")
    assert gifs("list", "--since", "1h", "--json").lines
    assert not gifs("list", "--since", "2199-01-01", "--json").lines
    assert gifs("list", "--since", "yesterday").code == 2


def test_more_than_a_page_is_listed_in_its_order(
    gifs: Gifs, cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.buckets.PAGE_SIZE", 100)
    names = keys(110)
    finish(cloud, names)
    listed = [line["video"] for line in gifs("list", "--json").lines]
    assert listed == [f"oss://my-videos/{name}" for name in names]
    assert len(gifs("list", "--state", "finished", "--limit", "2").out.splitlines()) == 2


@pytest.mark.parametrize("status", ["claimed", "submitted", "failed", "unknown", "finished", "task_failed"])
def test_a_line_that_lacks_what_it_should_have_stops_nothing(gifs: Gifs, cloud: LocalCloud, status: str) -> None:
    """Only what the function needs of a line is checked when it is read."""
    record(cloud, {"status": status, "claim": CLAIM, "task_id": 1, "lease_seconds": 1})
    (line,) = gifs("list", "--json").lines
    assert line["video"] == "oss://my-videos/clip.mp4"
    for command in ("show", "retry"):
        assert gifs(command, "oss://my-videos/clip.mp4").code in (0, 1)
    assert gifs("audit", "oss://my-videos/").code in (0, 1)
