"""What every command takes, and what it gets for it: an Account and an Output."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from handler.redaction import remember_credentials
from ops.account import Account, key_source
from ops.output import Output
from ops.project import read_project
from serverless.local import URL

PROJECT = Path(__file__).parents[1]


def command(name: str, **settings: Any) -> Callable[[Callable[..., int | None]], click.Command]:
    """A command that is called with (account, output, **its own parameters) and returns its exit code."""

    def decorate(function: Callable[..., int | None]) -> click.Command:
        @click.command(name, **settings)
        @click.option("--json", "as_json", is_flag=True, help="One JSON document, or a line for each entry.")
        @click.option(
            "--local",
            metavar="[URL]",
            is_flag=False,
            flag_value=URL,
            help=f"The running local cloud instead of the account.  [default: {URL}]",
        )
        @click.option("--profile", metavar="NAME", help="A profile of the aliyun CLI, instead of the usual chain.")
        @click.option("--internal", is_flag=True, help="OSS over the intranet: on a machine in the region.")
        @click.option(
            "--stack",
            type=click.Path(path_type=Path, dir_okay=False),
            default=PROJECT / "s.yaml",
            metavar="FILE",
            help="The s.yaml, with .env beside it.  [default: the project's]",
        )
        @functools.wraps(function)
        def run(
            as_json: bool, local: str | None, profile: str | None, internal: bool, stack: Path, **parameters: Any
        ) -> int:
            output = Output(as_json=as_json)
            account = open_account(stack, local, profile, internal=internal)
            return function(account, output, **parameters) or 0

        found: click.Command = run
        return found

    return decorate


def open_account(stack: Path, local: str | None, profile: str | None, *, internal: bool = False) -> Account:
    """Raises Mistake and Denied."""
    project = read_project(stack, os.environ, local=local is not None)
    key = key_source(profile, local=local is not None)
    held = key()
    remember_credentials(held.access_key_secret, held.security_token)
    address = local.rstrip("/") if local else None
    return Account(project, key, local=address, internal=internal)
