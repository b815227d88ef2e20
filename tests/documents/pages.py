"""The pages of the documentation, and what is in them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.project import PROJECT

PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md"), *PROJECT.glob("*/README.md")])
#: English pages that have a Chinese one, as names below the project.
TRANSLATED = [
    str(page.relative_to(PROJECT))
    for page in PAGES
    if not page.name.endswith(".zh-CN.md") and page.with_name(f"{page.stem}.zh-CN.md").exists()
]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def read(page: str | Path) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


def chinese(page: str) -> str:
    return page.removesuffix(".md") + ".zh-CN.md"


def blocks(text: str, language: str = "") -> list[str]:
    """The fenced blocks of this language."""
    return [code for found, code in _FENCE.findall(text) if found == language]


def prose(text: str) -> str:
    """Without the blocks, and without what is quoted as code."""
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text))


def headings(text: str) -> list[tuple[int, str]]:
    """(level, words)"""
    found = re.findall(r"^(#+) (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return [(len(signs), words) for signs, words in found]


def anchors(text: str) -> set[str]:
    """What a link to a heading says behind the #, as GitHub makes it."""
    kept = (re.sub(r"[^\w\- ]", "", words.replace("`", "").lower()) for _, words in headings(text))
    return {words.replace(" ", "-") for words in kept}


def row_names(text: str) -> list[str]:
    """The code in the first cell of each row: names of settings, errors, outcomes."""
    cells = re.findall(r"^\| ([^|]+?) \|", _FENCE.sub("", text), re.MULTILINE)
    return [name for cell in cells for name in sorted(re.findall(r"`([^`]+)`", cell))]
