"""A line of the log is one line, is JSON, and is written whatever it holds."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest

from handler.escaping import json_line
from handler.logs import log


class Unspeakable:
    def __str__(self) -> str:
        raise RuntimeError("no words")


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]

HARD = [
    "\ud800",
    "a\nb\r\x00\x1b[31m\x7f\x85\u2028\u2029\u202e\u2066\ufeff\U000e0041",
    "视频\u3000 👩\u200d🎤 é",
    {"\ud800\n": ["\udc00"]},
]


@pytest.mark.parametrize("value", HARD, ids=range(len(HARD)))
def test_every_text_comes_back_as_it_was(value: Any, capsys: pytest.CaptureFixture[str]) -> None:
    log("INFO", "video", video=value)
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 1
    assert not {c for c in out if not c.isprintable()} - set("\n\u3000\u200d")
    assert json.loads(out)["video"] == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        ([1.5, float("inf")], [1.5, "inf"]),
        ({("a", 1): b"x"}, {"('a', 1)": "b'x'"}),
        (Unspeakable(), "<Unspeakable>"),
        ({"deep": {"in": Unspeakable()}}, {"deep": {"in": "<Unspeakable>"}}),
        (10**5000, "<int>"),
    ],
    ids=range(7),
)
def test_what_json_does_not_know_is_written_in_words(
    value: Any, written: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    log("INFO", "video", value=value, after="all")
    line = json.loads(capsys.readouterr().out)
    assert (line["value"], line["after"]) == (written, "all")


@pytest.mark.parametrize("value", [CIRCLE, DEEP], ids=["circle", "deep"])
def test_what_has_no_end_has_one_in_the_log(value: Any, capsys: pytest.CaptureFixture[str]) -> None:
    log("INFO", "video", value=value)
    assert len(capsys.readouterr().out) < 1_000_000


def test_an_output_that_knows_ascii_only_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    log("INFO", "video", video="视频 👩.mp4")
    assert json.loads(raw.getvalue())["video"] == "视频 👩.mp4"


def test_an_output_that_is_closed_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    log("INFO", "video")


def test_a_json_line_says_the_same_as_json() -> None:
    assert json.loads(json_line({"a": [1, None, True, 1.5, "é"]})) == {"a": [1, None, True, 1.5, "é"]}
