"""`gifs` in this process: what it prints, and how it ends."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from click.testing import CliRunner

from ops.cli import main


class Ran(NamedTuple):
    """code: the exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def run_gifs(*arguments: str, given: str | None = None) -> Ran:
    """given: what is typed; without it nobody is there to ask."""
    done = CliRunner().invoke(main, list(arguments), input=given, prog_name="gifs")
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)
