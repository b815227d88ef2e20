"""One local cloud at a time in a directory, however the one before it ended."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.cloud import CloudOptions, LocalCloud, local_cloud
from harness.cloud.directory import (
    DirectoryInUse,
    NotAStateDirectory,
    StateDirectory,
    StateUnreadable,
    remove_state,
    running_at,
)
from tests.project import PROJECT

HOLD = """
import sys, time
from pathlib import Path
from harness.cloud.directory import StateDirectory
StateDirectory(Path(sys.argv[1])).announce("http://127.0.0.1:7")
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_cloud_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    with local_cloud(directory=tmp_path, render=False) as cloud:
        assert running_at(tmp_path) == cloud.url
        with pytest.raises(DirectoryInUse, match=cloud.url):
            LocalCloud(cloud.options)
        with pytest.raises(DirectoryInUse):
            remove_state(tmp_path)
        assert cloud.oss.store.has_bucket("my-videos")
    assert running_at(tmp_path) is None
    with local_cloud(directory=tmp_path, render=False) as again:
        assert running_at(tmp_path) == again.url


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    assert running_at(tmp_path) == "http://127.0.0.1:7"
    holder.send_signal(signal.SIGKILL)
    holder.communicate(timeout=10)
    assert running_at(tmp_path) is None
    StateDirectory(tmp_path).close()


def test_the_key_stays_and_nobody_else_reads_it(tmp_path: Path) -> None:
    first = StateDirectory(tmp_path / "state")
    key = first.key()
    first.close()
    second = StateDirectory(tmp_path / "state")
    assert (second.key(), len(key)) == (key, 32)
    second.close()
    assert (tmp_path / "state" / "identity.key").stat().st_mode & 0o077 == 0


def test_a_key_that_was_never_written_is_made_once(tmp_path: Path) -> None:
    """Versions before this one made the file first and could die before its content."""
    (tmp_path / "identity.key").touch(mode=0o600)
    keys = []
    for _ in range(2):
        state = StateDirectory(tmp_path)
        keys.append(state.key())
        state.close()
    assert keys[0] == keys[1]
    assert len(keys[0]) == 32
    assert (tmp_path / "identity.key").stat().st_mode & 0o077 == 0


def test_a_temporary_one_goes_when_it_is_closed() -> None:
    state = StateDirectory(None)
    state.key()
    assert state.path.is_dir()
    state.close()
    assert not state.path.exists()


def test_only_state_is_removed(tmp_path: Path) -> None:
    (tmp_path / "holiday.mp4").write_bytes(b"film")
    assert not remove_state(tmp_path)
    assert not remove_state(tmp_path / "none")
    assert (tmp_path / "holiday.mp4").exists()
    with local_cloud(directory=tmp_path / "state", render=False):
        pass
    assert remove_state(tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(NotAStateDirectory, match="not empty"):
        LocalCloud(CloudOptions(directory=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [".git"]


def test_removing_takes_only_what_the_cloud_has_made(tmp_path: Path) -> None:
    with local_cloud(directory=tmp_path / "state", render=False) as cloud:
        cloud.oss.store.put("my-gif-records", "notes.txt", b"text")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "film.mp4").write_bytes(b"film")
    (tmp_path / "state" / "notes.txt").write_text("mine")
    (tmp_path / "state" / "multimediaai").rename(tmp_path / "tasks")
    (tmp_path / "state" / "multimediaai").symlink_to(tmp_path / "mine")
    assert remove_state(tmp_path / "state")
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["notes.txt"]
    assert (tmp_path / "mine" / "film.mp4").exists()


def test_a_cloud_that_cannot_start_leaves_nothing_behind(tmp_path: Path) -> None:
    with local_cloud(render=False) as running, pytest.raises(OSError, match="in use"):
        LocalCloud(type(running.options)(directory=tmp_path / "state", port=running.server.port))
    assert running_at(tmp_path / "state") is None
    with local_cloud(directory=tmp_path / "state", render=False):
        pass


def damage(file: Path, table: str) -> None:
    """Writes over the whole database, or only over the first page of a table, which is met later."""
    at, count = 0, file.stat().st_size
    if table:
        with closing(sqlite3.connect(file)) as database:
            (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
            (count,) = database.execute("PRAGMA page_size").fetchone()
        at = (page - 1) * count
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"!" * count)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("oss/oss.sqlite3", ""),
        ("oss/oss.sqlite3", "objects"),
        ("sls/sls.sqlite3", ""),
        ("multimediaai/tasks.sqlite", ""),
        ("imm/imm.sqlite3", ""),
    ],
)
def test_state_that_cannot_be_read_leaves_nothing_open(
    tmp_path: Path, name: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_cloud(directory=tmp_path, render=False):
        pass
    damage(tmp_path / name, table)
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noted(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", noted)
    with pytest.raises(StateUnreadable):
        LocalCloud(CloudOptions(directory=tmp_path, render=False))
    assert opened
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
    remove_state(tmp_path)
