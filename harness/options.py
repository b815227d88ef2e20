"""What several commands take: where a cloud keeps its state, and where it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.client import DEFAULT_URL

PROJECT = Path(__file__).parents[1]
STATE = PROJECT / ".local-cloud"


class _Directory(click.Path):
    """A directory, by a name: an empty one, from a variable that is not set, would be the current directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("is empty: name a directory", param, ctx)
        return super().convert(value, param, ctx)


STATE_OPTION = click.option(
    "--directory",
    type=_Directory(path_type=Path, file_okay=False),
    default=STATE,
    help="Where its state lives.  [default: .local-cloud in the project]",
)
ENDPOINT_OPTION = click.option(
    "--endpoint",
    metavar="URL",
    help=f"The running cloud.  [default: the one that keeps its state in .local-cloud, else {DEFAULT_URL}]",
)
NEW_ACCOUNT_OPTION = click.option(
    "--new-account",
    is_flag=True,
    envvar="NEW_ACCOUNT",
    help="One that opened OSS since 2025-03-20: its public endpoint serves no data.",
)
