"""Every cell of the table of clients."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.clients.matrix import ABSENT, WORKS, Cell, Section, Site
from tests.clients.sections import SECTIONS
from tests.npm import Unavailable

CELLS = [
    pytest.param(section, client, number, id=f"{section.title}-{client}-{row.title}")
    for section in SECTIONS
    for client in section.clients
    for number, row in enumerate(section.rows)
    if row.shown(client) != ABSENT
]


@pytest.mark.parametrize(("section", "client", "number"), CELLS)
def test_cell(
    site: Site, section: Section, client: str, number: int, record_property: Callable[[str, object], None]
) -> None:
    row = section.rows[number]
    cell = Cell(site, section.clients[client], f"{client}/{number}")
    try:
        shown = row.check(cell) or WORKS
    except Unavailable as exc:
        pytest.skip(str(exc))
    record_property("shown", (section.title, client, row.title, shown))
    assert shown == row.shown(client)
