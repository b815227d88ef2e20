"""The GIFs come into a folder, whole, once, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.gif_store import gif_key
from harness.cloud import LocalCloud
from harness.oss import Item
from ops.files import Targets
from tests.e2e.uploads import RECORDS, VIDEOS
from tests.ops.running import Ran
from tests.ops.stock import keys

Gifs = Callable[..., Ran]
HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "a/../../b",
    "a//b.mp4",
    "..",
    ".",
    "C:\\windows\\x.mp4",
    "CON.mp4",
    "nul",
    "line\nbreak\x1b[2J.mp4",
    "x" * 900,
    "ends with a dot./clip.",
    "猫 +100%.mp4",
    "%2E%2E/clip.mp4",
]


def gifs_of(cloud: LocalCloud, *names: str) -> None:
    cloud.oss.load(RECORDS, (Item(gif_key("gifs/", VIDEOS, name), b"GIF89a " + name.encode()) for name in names))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_gifs_of_a_prefix_come_and_only_once(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    gifs_of(cloud, *keys(40), "other.mp4")
    first = gifs("fetch", "--prefix", "old/", "--to", str(tmp_path), "--json")
    assert (first.code, len(first.lines)) == (0, 40)
    name = keys(1)[0]
    assert files(tmp_path)[f"{VIDEOS}/{name}.gif"] == b"GIF89a " + name.encode()
    (tmp_path / VIDEOS / f"{keys(2)[1]}.gif").write_bytes(b"cut o")  # as an old tool may have left it
    again = gifs("fetch", "--prefix", f"oss://{VIDEOS}/", "--to", str(tmp_path))
    assert "2 fetched" in again.out
    assert "39 were there" in again.out
    assert len(files(tmp_path)) == 41


def test_a_video_without_a_gif_is_said(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    gifs_of(cloud, "a.mp4")
    ran = gifs("fetch", f"oss://{VIDEOS}/a.mp4", f"oss://{VIDEOS}/b.mp4", "--to", str(tmp_path), "--json")
    assert (ran.code, [line["result"] for line in ran.lines]) == (1, ["written", "missing"])
    assert gifs("fetch", "--to", str(tmp_path)).code == 2
    assert gifs("fetch", "--prefix", "", "--to", str(Path(__file__))).code == 2


def test_no_name_leaves_the_folder(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    gifs_of(cloud, *HOSTILE)
    folder = tmp_path / "a" / "b" / "gifs"
    ran = gifs("fetch", *(f"oss://{VIDEOS}/{key}" for key in HOSTILE), "--to", str(folder), "--json")
    assert ran.code == 0, ran.err
    assert sorted(files(folder).values()) == sorted(b"GIF89a " + key.encode() for key in HOSTILE)
    assert files(tmp_path).keys() == {f"a/b/gifs/{name}" for name in files(folder)}
    shown = gifs("fetch", "--prefix", "", "--to", str(folder))
    assert "\x1b" not in shown.out + shown.err


def test_a_link_in_the_folder_is_not_followed(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    gifs_of(cloud, "sub/a.mp4", "b.mp4")
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "gifs"
    (folder / VIDEOS).mkdir(parents=True)
    (folder / VIDEOS / "sub").symlink_to(outside)
    ran = gifs("fetch", "--prefix", "sub/", "--to", str(folder))
    assert (ran.code, "symbolic link" in ran.err) == (2, True)
    (folder / VIDEOS / "b.mp4.gif").symlink_to(outside / "target")
    assert gifs("fetch", "--prefix", "b", "--to", str(folder)).code == 0
    assert os.listdir(outside) == []
    assert not (folder / VIDEOS / "b.mp4.gif").is_symlink()


def test_a_file_in_the_way_of_a_folder_stops_nobody_else(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    gifs_of(cloud, "a", "a.gif/b", "c")
    ran = gifs("fetch", "--prefix", "", "--to", str(tmp_path), "--json")
    assert ran.code == 1
    assert sorted(line["result"] for line in ran.lines) == ["clash", "written", "written"]


names = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(names, min_size=1, max_size=8, unique=True))
def test_every_key_has_a_file_of_its_own_below_the_folder(some: list[str]) -> None:
    targets, folder = Targets(Path("/gifs")), "/gifs/b-b/"
    paths = [str(targets.path("b-b", key)) for key in some]
    assert len({path.lower() for path in paths}) == len(some)
    for path in paths:
        assert os.path.normpath(path) == path
        assert path.startswith(folder)
        assert all(0 < len(part.encode()) <= 255 for part in path[len(folder) :].split("/"))


def test_two_keys_that_differ_in_case_alone_have_two_files() -> None:
    targets = Targets(Path("/gifs"))
    one, other = targets.path("b-b", "Clip.mp4"), targets.path("b-b", "clip.mp4")
    assert str(one).lower() != str(other).lower()


@pytest.mark.parametrize("key", ["clip.mp4", "猫 +.mp4", "a b/c.MOV"])
def test_an_ordinary_key_keeps_its_name(key: str) -> None:
    assert Targets(Path("/gifs")).path("b-b", key) == Path(f"/gifs/b-b/{key}.gif")
