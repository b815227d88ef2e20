"""When the code of a function counts as changed."""

from __future__ import annotations

from pathlib import Path

from harness.fc.instances.code import CodeWatch
from tests.harness.fc.account import LocalFc, until


def test_changed_code_is_picked_up(local: LocalFc) -> None:
    local.function("from helper import answer\ndef handler(event, context): return answer()")
    helper = local.directory / "code" / "f" / "helper.py"
    helper.write_text("def answer(): return 'one'")
    assert local.fc.invoke("f", b"").body == b"one"
    helper.write_text("def answer(): return 'two'")  # same size, same second
    until(lambda: local.fc.invoke("f", b"").body == b"two")


def test_other_files_in_the_folder_are_no_change_of_the_code(tmp_path: Path) -> None:
    (tmp_path / "index.py").touch()
    others, sources = (CodeWatch(tmp_path, tmp_path / "state" / "fc") for _ in range(2))
    # The first look is what the others are compared with, and the second comes at once.
    assert not others.changed()
    assert not sources.changed()
    (tmp_path / "video.mp4").touch()
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "x.py").touch()
    (tmp_path / "state" / "fc" / "events").mkdir(parents=True)
    (tmp_path / "state" / "fc" / "events" / "1.json").touch()
    assert not others.changed()
    (tmp_path / "index.py").write_text("pass")
    assert sources.changed()
