"""What a terminal shows while a command works."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.project import PROJECT

SCRIPT = """
from ops.output import Output

output = Output()
with output.progress("reading") as progress:
    while not progress.is_shown:
        progress.add(1)
    output.text("a result")
    while not progress.is_shown:
        progress.add(1)
output.text("the end")
"""


def test_a_result_takes_the_place_of_the_progress() -> None:
    screen, terminal = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], cwd=PROJECT, stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        seen = b""
        while piece := _read(screen):
            seen += piece
        os.close(screen)
    assert process.returncode == 0
    lines = re.sub(rb"\d[\d,]*", b"N", seen).split(b"\r\n")
    counting = b"\r\x1b[Kreading: N\r\x1b[K"
    assert lines == [counting + b"a result", counting + b"the end", b""]


def _read(screen: int) -> bytes:
    """b"" once the other end is closed, which Linux calls an error."""
    try:
        return os.read(screen, 4096)
    except OSError:
        return b""
