"""`python -m tests.clients.table [FILE]`: tries every client at every operation and prints what comes out.

With a FILE (docs/local-cloud.md, say), the table is also written there, between START and END. Exit code 1 when a
cell fails or could not be tried.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from tests.clients.matrix import ABSENT, Row, Section
from tests.clients.sections import SECTIONS

START, END = "<!-- clients -->", "<!-- /clients -->"
FAILED = "✗"


#: What a cell shows: (section, client, row) → text.
Shown = Callable[[Section, str, Row], str]


class Seen:
    """A pytest plugin: what the cells show."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str, str], str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == "shown" and report.when == "call" and report.passed:
                service, client, row, shown = cast("tuple[str, str, str, str]", value)
                self._cells[service, client, row] = shown

    def __call__(self, section: Section, client: str, row: Row) -> str:
        missing = ABSENT if row.shown(client) == ABSENT else FAILED
        return self._cells.get((section.title, client, row.title), missing)


def expected(section: Section, client: str, row: Row) -> str:
    """What is seen when every test passes."""
    return row.shown(client)


def table(shown: Shown = expected) -> str:
    """Markdown, one table per service."""
    return "\n".join(_section(section, shown) for section in SECTIONS)


def _section(section: Section, shown: Shown) -> str:
    lines = [
        [section.title, *(f"`{client}`" for client in section.clients)],
        ["---"] * (1 + len(section.clients)),
        *([row.title, *(shown(section, client, row) for client in section.clients)] for row in section.rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def between(text: str) -> tuple[str, str, str] | None:
    """The text before the table, the table, and the text after it; None without the marks."""
    before, start, rest = text.partition(START)
    found, end, after = rest.partition(END)
    return (before + start, found.strip() + "\n", end + after) if start and end else None


def main(arguments: list[str]) -> int:
    seen = Seen()
    pytest.main([str(Path(__file__).parent), "-q", "--no-summary"], plugins=[seen])
    made = table(seen)
    print(made)
    for file in map(Path, arguments):
        parts = between(file.read_text(encoding="utf-8"))
        if parts is None:
            print(f"{file}: {START} and {END} are not in it", file=sys.stderr)
            return 2
        file.write_text(f"{parts[0]}\n{made}{parts[2]}", encoding="utf-8")
    return 0 if made == table() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
