"""Which client can do what: a section per service, a column per client, a row per operation.

Every cell is one test (test_clients.py), so the table says what the tests see.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.cloud import LocalCloud
from harness.ram.identity import Credentials
from tests.clients.nodejs import Node
from tests.npm import ALI_OSS, Unavailable, install

REGION = "cn-beijing"
#: ABSENT: the client has no such operation
WORKS, ABSENT = "✓", "–"


class Site:
    """The local cloud that clients connect to, and what some of them need besides; `close` it."""

    def __init__(self, cloud: LocalCloud, cache: Callable[[], Path] = Path) -> None:
        self.cloud = cloud
        self._cache = cache
        self._node: Node | Unavailable | None = None
        self._closing = contextlib.ExitStack()
        self.close = self._closing.close

    @property
    def url(self) -> str:
        return self.cloud.url

    @property
    def node(self) -> Node:
        """Started when it is first asked for; raises Unavailable."""
        if self._node is None:
            try:
                self._node = Node(install(ALI_OSS, self._cache()))
                self._closing.callback(self._node.close)
            except Unavailable as exc:
                self._node = exc
        if isinstance(self._node, Unavailable):
            raise self._node
        return self._node


#: A client of a site, with somebody's key and, where there is a choice, a signature version.
Connect = Callable[..., Any]


@dataclass(frozen=True)
class Cell:
    """One client at one operation. `name`: for what the cell creates; no other cell has it."""

    site: Site
    connect: Connect
    name: str

    @property
    def plain_name(self) -> str:
        """As `name`, where only letters, digits and hyphens may stand."""
        return f"cell-{zlib.crc32(self.name.encode()):08x}"

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
