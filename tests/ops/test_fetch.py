"""GIFs come into a folder once, whole and under names that cannot leave it; a second run fetches what is new."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from handler.gif_key import gif_key
from harness.cloud import LocalCloud
from harness.oss import Item
from ops.folder import Folder
from tests.ops.running import Ran
from tests.ops.stock import ETAG, OLD, finish, keys, remove, replace, stock
from tests.ops.uploading import upload_all

Gifs = Callable[..., Ran]
BUCKET = "oss://my-videos/"
LONG = "x" * 1010 + ".mp4"


def files(folder: Path) -> dict[str, bytes]:
    """Everything in it, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def counts(ran: Ran) -> dict[str, int]:
    return {name: ran.lines[-1][name] for name in ("written", "there", "earlier", "missing", "blocked")}


def all_but(**given: int) -> dict[str, int]:
    return {"written": 0, "there": 0, "earlier": 0, "missing": 0, "blocked": 0, **given}


def test_all_below_a_prefix_come_once(
    gifs: Gifs, cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are on more than a page."""
    monkeypatch.setattr("ops.buckets.PAGE_SIZE", 100)
    names = ["a.mp4", "猫 +.mp4", "b/c%41.mp4", LONG, *keys(110)]
    stock(cloud, [*names, "none.mp4", "notes.txt"])
    finish(cloud, [*names, "gone.mp4"])
    first = gifs("fetch", "--prefix", "", "--to", str(tmp_path / "new" / "gifs"), "--json")
    assert (first.code, counts(first)) == (0, all_but(written=114 + 1, missing=1))
    found = files(tmp_path / "new" / "gifs")
    assert set(found.values()) == {b"GIF89a"}
    assert len(found) == 115
    assert {"my-videos/猫 +.mp4.gif", "my-videos/b/c%2541.mp4.gif", "my-videos/gone.mp4.gif"} <= set(found)
    replace(cloud, Item(gif_key("gifs/", "my-videos", "a.mp4"), b"GIF89a anew", {"video-etag": ETAG}))
    again = gifs("fetch", "--prefix", BUCKET, "--to", str(tmp_path / "new" / "gifs"), "--json")
    assert (again.code, counts(again)) == (0, all_but(written=1, there=114, missing=1))
    assert (tmp_path / "new/gifs/my-videos/a.mp4.gif").read_bytes() == b"GIF89a anew"
    assert counts(gifs("fetch", "--prefix", "b/", "--to", str(tmp_path / "b"), "--json")) == all_but(written=1)


def test_a_named_one_without_a_gif_says_why(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    stock(cloud, ["a.mp4", "unseen.mp4", "lost.mp4"])
    finish(cloud, ["a.mp4", "lost.mp4"])
    remove(cloud, gif_key("gifs/", "my-videos", "lost.mp4"))
    upload_all(cloud, "new.mp4")
    named = [f"{BUCKET}{name}.mp4" for name in ("a", "unseen", "lost", "new", "nowhere")]
    ran = gifs("fetch", *named, "--to", str(tmp_path), "--json")
    assert (ran.code, counts(ran)) == (1, all_but(written=1, missing=4))
    why = {line["video"]: line["detail"] for line in ran.lines if "video" in line}
    assert why[f"{BUCKET}a.mp4"] == ""
    for name, words in {
        "unseen": "gifs backfill",
        "lost": "not there any more",
        "new": "under way",
        "nowhere": "neither the object nor its GIF",
    }.items():
        assert words in why[f"{BUCKET}{name}.mp4"], name
    shown = gifs("fetch", named[0], "--to", str(tmp_path))
    assert (shown.code, shown.out) == (0, f"{tmp_path}/my-videos/a.mp4.gif\n")
    assert "1 there before" in shown.err


def test_the_gif_of_an_earlier_upload_is_not_taken_for_the_right_one(
    gifs: Gifs, cloud: LocalCloud, tmp_path: Path
) -> None:
    stock(cloud, ["same.mp4"], at=OLD + 3600)
    cloud.oss.load("my-videos", [Item("anew.mp4", b"other content", {}, OLD + 3600)])
    finish(cloud, ["same.mp4", "anew.mp4"])
    ran = gifs("fetch", "--prefix", "", "--to", str(tmp_path), "--json")
    assert (ran.code, counts(ran)) == (0, all_but(written=1, earlier=1))
    again = gifs("fetch", "--prefix", "", "--to", str(tmp_path), "--json")
    assert (again.code, counts(again)) == (0, all_but(there=1, earlier=1))
    named = gifs("fetch", f"{BUCKET}anew.mp4", "--to", str(tmp_path))
    assert (named.code, "earlier upload" in named.out) == (1, True)
    assert list(files(tmp_path)) == ["my-videos/same.mp4.gif"]


def test_no_name_leaves_the_folder(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "to"
    outside.mkdir()
    (inside / "my-videos").mkdir(parents=True)
    (inside / "my-videos" / "linked").symlink_to(outside)
    (inside / "my-videos" / "file.mp4.gif").symlink_to(outside / "aim")
    (inside / "my-videos" / "taken.mp4.gif").mkdir()
    (outside / "aim").write_bytes(b"as it was")
    names = ["linked/a.mp4", "file.mp4", "taken.mp4", "x/..\\..\\y.mp4", "a//b.mp4", "con/nul.mp4"]
    stock(cloud, names)
    finish(cloud, names)
    up = "gifs/my-videos/../../../up.mp4.gif"
    cloud.oss.load("my-gif-records", [Item(up, b"GIF89a", {}, OLD)])
    ran = gifs("fetch", "--prefix", "", "--to", str(inside), "--json")
    assert (ran.code, counts(ran)) == (1, all_but(written=5, blocked=2))
    assert files(outside) == {"aim": b"as it was"}
    assert {path.name for path in tmp_path.iterdir()} == {"outside", "to"}
    assert not (inside / "my-videos" / "file.mp4.gif").is_symlink()
    assert set(files(inside)) == {
        "my-videos/file.mp4.gif",
        "my-videos/x/..%5c..%5cy.mp4.gif",
        "my-videos/a/%/b.mp4.gif",
        "my-videos/%63on/%6eul.mp4.gif",
        "my-videos/%2e%2e/%2e%2e/%2e%2e/up.mp4.gif",
    }
    why = {line["video"]: line["detail"] for line in ran.lines if line.get("result") == "blocked"}
    assert "symbolic link" in why[f"{BUCKET}linked/a.mp4"]
    assert "taken.mp4.gif" in why[f"{BUCKET}taken.mp4"]


def test_a_hostile_key_has_a_file_and_a_line_of_its_own(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    names = ["../../etc/passwd", "..", ".", "C:\\x.mp4", "line\nbreak\x1b[2J.mp4", "x" * 900]
    cloud.oss.load(
        "my-gif-records",
        (Item(gif_key("gifs/", "my-videos", name), name.encode()) for name in [*names, "/etc/passwd"]),
    )
    folder = tmp_path / "a" / "b" / "gifs"
    ran = gifs("fetch", *(f"{BUCKET}{name}" for name in names), "--to", str(folder))
    assert (ran.code, len(ran.out.splitlines())) == (0, len(names))
    assert sorted(files(folder).values()) == sorted(name.encode() for name in names)
    assert files(tmp_path).keys() == {f"a/b/gifs/{name}" for name in files(folder)}
    assert "\x1b" not in ran.out
    assert gifs("fetch", "--prefix", "", "--to", str(folder)).code == 0
    assert (folder / "my-videos" / "%" / "etc" / "passwd.gif").read_bytes() == b"/etc/passwd"


def test_an_answer_that_breaks_off_is_fetched_again_and_leaves_nothing_half(
    gifs: Gifs, cloud: LocalCloud, tmp_path: Path
) -> None:
    stock(cloud, ["a.mp4"])
    finish(cloud, ["a.mp4"])
    once = cloud.faults.add("oss:GetObject:truncate=3:nth=1")
    assert gifs("fetch", "--prefix", "", "--to", str(tmp_path)).code == 0
    assert files(tmp_path) == {"my-videos/a.mp4.gif": b"GIF89a"}
    cloud.faults.remove(once.id)
    cloud.faults.add("oss:GetObject:truncate=3")
    ran = gifs("fetch", "--prefix", "", "--to", str(tmp_path / "other"))
    assert (ran.code, "broke off" in ran.err) == (3, True)
    assert files(tmp_path / "other") == {}


def test_a_folder_is_written_by_one_at_a_time(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    stock(cloud, ["a.mp4"])
    finish(cloud, ["a.mp4"])
    with Folder(tmp_path):
        ran = gifs("fetch", "--prefix", "", "--to", str(tmp_path))
    assert (ran.code, "another" in ran.err, files(tmp_path)) == (2, True, {})
    assert gifs("fetch", "--prefix", "", "--to", str(tmp_path)).code == 0


def test_what_is_typed_wrong_is_said(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    assert gifs("fetch", "--to", str(tmp_path)).code == 2
    assert gifs("fetch", f"{BUCKET}a.mp4", "--prefix", "a", "--to", str(tmp_path)).code == 2
    assert gifs("fetch", "--prefix", "").code == 2
    (tmp_path / "file").touch()
    below = gifs("fetch", "--prefix", "", "--to", str(tmp_path / "file" / "x"))
    assert (below.code, str(tmp_path / "file" / "x") in below.err) == (2, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(gifs: Gifs, cloud: LocalCloud, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    ran = gifs("fetch", "--prefix", "", "--to", str(tmp_path))
    assert (ran.code, "Permission denied" in ran.err) == (2, True)
