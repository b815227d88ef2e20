from __future__ import annotations

from collections.abc import Callable

from harness.cloud import LocalCloud
from tests.ops.running import Ran
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
