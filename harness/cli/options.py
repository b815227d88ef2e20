"""What several commands take: where a cloud keeps its state, and where it answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from harness.ram.identity import Credentials
from serverless.local import OWNER_KEY_ID, OWNER_KEY_SECRET
from serverless.local import URL as DEFAULT_URL

PROJECT = Path(__file__).parents[2]
STATE = PROJECT / ".local-cloud"
DEFAULT_KEY = Credentials(OWNER_KEY_ID, OWNER_KEY_SECRET)


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


def owner_key(environ: Mapping[str, str]) -> Credentials | None:
    """The owner's key from the environment, or None for the default one."""
    key_id, secret = environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID"), environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    return Credentials(key_id, secret) if key_id and secret else None
