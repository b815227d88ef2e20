"""What the console says of the lines that end a record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.console.records import _line


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            {"status": "finished", "gif": "oss://b/gifs/v/c.mp4.gif", "bytes": 9, "task_seconds": 2.0},
            "oss://b/gifs/v/c.mp4.gif, 9 bytes, 2.0 s after the task was made",
        ),
        (
            {"status": "finished", "gif": "", "superseded_by": "E2"},
            "its key holds other content by now, of eTag E2",
        ),
        (
            {
                "status": "task_failed",
                "error_code": "1000",
                "error_name": "Download fail",
                "reason": "no such key",
            },
            "Download fail: no such key; it is on the list of what needs a person",
        ),
    ],
)
def test_a_record_s_end_is_said_in_words(line: dict[str, Any], words: str) -> None:
    assert _line(json.dumps(line)).text.startswith(words)
