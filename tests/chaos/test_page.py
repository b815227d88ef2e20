"""The counts on the page of guarantees are a whole run's own, and the same in both languages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from .counting import COLUMNS, Count
from .page import BEGIN, END, KINDS_ZH, PAGES, read, replaced
from .verdict import GOOD, WINDOWS, End

PAGES_ONLY = list(PAGES)


@pytest.mark.parametrize("page", PAGES_ONLY, ids=lambda page: page.name)
def test_all_parts_of_a_run_are_on_it(page: Path) -> None:
    kinds = [kind for kind, _ in read(page)]
    assert kinds == [KINDS_ZH[kind] if page.name.endswith(".zh-CN.md") else kind for kind in KINDS_ZH]


@pytest.mark.parametrize("page", PAGES_ONLY, ids=lambda page: page.name)
def test_its_numbers_add_up_and_nothing_was_lost_or_doubled(page: Path) -> None:
    rows = read(page)
    for kind, (cells, *ends) in rows:
        found = dict(zip(COLUMNS, ends, strict=True))
        assert cells == sum(ends), kind
        assert {end for end, number in found.items() if number} <= {*GOOD, *WINDOWS}, kind
    assert sum(numbers[0] for _, numbers in rows) > 20_000


def test_both_languages_tell_of_the_same_run() -> None:
    one, other = ([numbers for _, numbers in read(page)] for page in PAGES_ONLY)
    assert one == other


def test_what_is_written_is_what_is_read() -> None:
    counts = [
        Count("one break", Counter({End.STORED: 8000, End.TOLD: 12, End.LATE: 3})),
        Count("races", Counter()),
    ]
    facts: dict[str, object] = {"share": "100%", "when": "2026-01-01", "python": "3.12.1", "seed": 1, "minutes": 2}
    for page in PAGES_ONLY:
        text = replaced(page.read_text(encoding="utf-8"), page, counts, facts)
        assert "2026-01-01" in text[text.index(BEGIN) : text.index(END)]
        assert [numbers for _, numbers in read(text)] == [[8015, 8000, 12, 0, 0, 0, 0, 3, 0], [0] * 9]
