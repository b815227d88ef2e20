"""The counts of the last whole run, between two marks on the page of guarantees, in both languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tests.project import PROJECT

from .counting import Count

PAGES = {
    PROJECT / "docs" / "guarantees.md": (
        "| | cells | GIF stored | reason told | lost | doubled | stuck | wrong | window 1 | window 2 |",
        "The run of {when}, {share} of all cells: Python {python}, seed {seed}, {minutes} minutes.",
    ),
    PROJECT / "docs" / "guarantees.zh-CN.md": (
        "| | 格数 | GIF 已存 | 已告知原因 | 丢失 | 重复 | 卡住 | 不符 | 窗口一 | 窗口二 |",
        "{when} 的运行，占全部格数的 {share}：Python {python}，种子 {seed}，{minutes} 分钟。",
    ),
}
BEGIN, END = "<!-- make chaos: begin -->\n", "<!-- make chaos: end -->\n"
KINDS_ZH = {
    "one break": "一处破坏",
    "two breaks": "两处破坏",
    "an outage": "一段故障",
    "instances": "真实实例",
    "races": "竞争",
    "any order": "任意顺序",
    "a burst": "突发上传",
}


def write(counts: Sequence[Count], facts: dict[str, object]) -> None:
    """facts: share, when, python, seed, minutes."""
    for page in PAGES:
        page.write_text(replaced(page.read_text(encoding="utf-8"), page, counts, facts), encoding="utf-8")


def write_rows(counts: Sequence[Count]) -> None:
    """In place of the rows of the same kinds; the others, and when they were run, stay."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for each in _shown(page, counts):
            text = re.sub(rf"^\| {each.kind} \| .*$", each.row(), text, flags=re.MULTILINE)
        page.write_text(text, encoding="utf-8")


def _shown(page: Path, counts: Sequence[Count]) -> Sequence[Count]:
    is_chinese = page.name.endswith(".zh-CN.md")
    return [each._replace(kind=KINDS_ZH[each.kind]) if is_chinese else each for each in counts]


def replaced(text: str, page: Path, counts: Sequence[Count], facts: dict[str, object]) -> str:
    """The page's text with these counts in it. page: of which language."""
    head, line = PAGES[page]
    columns = head.count("|") - 1
    rows = [head, "|---|" + "---:|" * (columns - 1), *(each.row() for each in _shown(page, counts))]
    between = "\n".join([line.format(**facts), "", *rows])
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return f"{text[:start]}\n{between}\n\n{text[end:]}"


def read(page: Path | str) -> list[tuple[str, list[int]]]:
    """The table's rows: kind, numbers. page: or its text."""
    text = page if isinstance(page, str) else page.read_text(encoding="utf-8")
    between = text[text.index(BEGIN) : text.index(END)]
    rows = re.findall(r"^\| ([^|]+?) \| ([\d,| ]+) \|$", between, re.MULTILINE)
    return [(kind, [int(number.replace(",", "")) for number in numbers.split(" | ")]) for kind, numbers in rows]
