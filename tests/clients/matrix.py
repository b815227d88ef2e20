"""Which client can do what: a section per service, a column per client, a row per operation.

Every cell is one test (test_clients.py), so the table says what the tests see.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.cloud import LocalCloud
from harness.identity import Credentials
from tests.clients.nodejs import Node, install

REGION = "cn-beijing"
#: ABSENT: the client has no such operation
WORKS, ABSENT = "✓", "–"


class Site:
    """The local cloud that clients connect to, and what some of them need besides; `close` it."""

    def __init__(self, cloud: LocalCloud, cache: Callable[[], Path] = Path) -> None:
        self.cloud = cloud
        self._cache = cache
        self._closing = contextlib.ExitStack()
        self.close = self._closing.close

    @property
    def url(self) -> str:
        return self.cloud.url

    @cached_property
    def node(self) -> Node:
        """Raises Unavailable."""
        node = Node(install(self._cache()))
        self._closing.callback(node.close)
        return node


#: A client of a site, with somebody's key and, where there is a choice, a signature version.
Connect = Callable[..., Any]


@dataclass(frozen=True)
class Cell:
    """One client at one operation. `name`: for what the cell creates; no other cell has it."""

    site: Site
    connect: Connect
    name: str

    def client(self, keys: Credentials | None = None, **options: Any) -> Any:
        """With the account owner's key, unless told otherwise."""
        return self.connect(self.site, keys or self.owner, **options)

    @property
    def owner(self) -> Credentials:
        return self.site.cloud.identities.owner

    def refusal(self, keys: Credentials, call: Callable[[Any], object]) -> str:
        """The code of the error that a client with these keys gets."""
        client = self.client(keys)
        try:
            call(client)
        except client.refusal as exc:
            return str(client.code(exc))
        raise AssertionError("the call was not refused")


def wrong_secret(cell: Cell) -> Credentials:
    return Credentials(cell.owner.access_key_id, "not the secret")


def unknown_key(cell: Cell) -> Credentials:
    return Credentials("LTAI5tNobodys", cell.owner.access_key_secret)


@dataclass(frozen=True)
class Row:
    """One operation. `check` carries it out and looks at the state; what it returns is shown instead of WORKS.

    `expected`: what is to be shown for a client, by its name.
    """

    title: str
    check: Callable[[Cell], str | None]
    expected: Mapping[str, str] = field(default_factory=dict)

    def shown(self, client: str) -> str:
        return self.expected.get(client, WORKS)


@dataclass(frozen=True)
class Section:
    """One service. `clients`: under the names they are published by."""

    title: str
    clients: Mapping[str, Connect]
    rows: Sequence[Row]

    def table(self) -> str:
        lines = [
            [self.title, *(f"`{client}`" for client in self.clients)],
            ["---", *("---" for _ in self.clients)],
            *([row.title, *(row.shown(client) for client in self.clients)] for row in self.rows),
        ]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)
