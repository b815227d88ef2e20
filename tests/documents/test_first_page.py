"""docs/local-cloud.md in the project of somebody else: its tests pass as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.pages import blocks, read
from tests.project import PROJECT

pytestmark = pytest.mark.slow


def test_the_page_s_tests_pass_in_an_empty_folder(tmp_path: Path) -> None:
    printed = blocks(read("docs/local-cloud.md"), "python")
    assert blocks(read("docs/local-cloud.zh-CN.md"), "python") == printed
    for block in printed:
        name = block.partition("\n")[0].removeprefix("# ")
        (tmp_path / name).write_text(block, encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("conftest.py", "test_counter.py", "test_greeting.py", "test_letters.py")
    ]
    # As the entry point does it where the project is installed.
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT),
        "PYTEST_PLUGINS": "harness.pytest_plugin",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    # On some Pythons with warnings, of a client that reads the clock in the old way.
    last = done.stdout.splitlines()[-1]
    assert (done.returncode, re.split(", | in ", last)[0]) == (0, "4 passed"), done.stdout
