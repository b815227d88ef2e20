"""What the commands of `python -m harness` share: how a mistake is said, and the running cloud that they ask."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from harness.cli.client import CallError, Client, find_cloud
from harness.cli.options import DEFAULT_KEY, STATE, owner_key


class Mistake(click.ClickException):
    """Something the person who typed can put right."""

    exit_code = 2


class Commands(click.Group):
    """Says what is wrong in one line, whatever it is."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            said = f"{exc.option_name}: options come after the command, as in `python -m harness up --port 0`"
            raise Mistake(said) from exc

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
        except click.ClickException as exc:
            click.echo(f"Error: {' '.join(exc.format_message().split())}", err=True)
            code = exc.exit_code
        except click.Abort:
            code = 130
        sys.exit(code if isinstance(code, int) else 0)


def client_of(endpoint: str | None) -> Client:
    """The cloud at `endpoint`, or the one that runs. Raises Mistake."""
    client: Client = ask(Client, endpoint or find_cloud(STATE), owner_key(os.environ) or DEFAULT_KEY)
    return client


def ask(function: Any, *args: Any) -> Any:
    """What the function gives. Raises Mistake for a CallError."""
    try:
        return function(*args)
    except CallError as exc:
        raise Mistake(str(exc)) from exc
