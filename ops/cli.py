"""`./gifs`: one command a job."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from handler.errors import UnexpectedError
from handler.redaction import redact
from ops.errors import FAULT, INTERRUPTED, Mistake, OpsError
from ops.output import shown

#: In the order in which they are asked for. Each is imported only when it is run.
COMMANDS = ("status", "show", "list", "backfill", "audit", "retry", "fetch", "doctor", "pause", "resume")


class Gifs(click.Group):
    """Says in one line what is wrong, whatever it is, and ends with its exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"ops.commands.{cmd_name}").run
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            raise Mistake(
                f"{exc.option_name}: options come after the command, as in `./gifs list --json`"
            ) from exc

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
        except click.ClickException as exc:
            code = _say(exc.format_message(), Mistake.exit_code)
        except OpsError as exc:
            code = _say(str(exc), exc.exit_code)
        except (click.Abort, KeyboardInterrupt):
            code = _say("stopped", INTERRUPTED)
        except BrokenPipeError:
            # Who read our results has enough of them.
            sys.stderr.close()
            code = 0
        except Exception as fault:  # noqa: BLE001 - one line for whatever it is, and where
            code = _say(f"{UnexpectedError(fault).message}: a fault of this program; please report it", FAULT)
        sys.exit(code if isinstance(code, int) else 0)


def _say(message: str, code: int) -> int:
    click.echo(f"Error: {shown(redact(' '.join(message.split())))}", err=True)
    return code


@click.group(cls=Gifs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """What is done, what is missing, what failed, and do it again.

    Reads s.yaml and .env as `s` does. Exit codes: 0 good, 1 something needs a person, 2 a mistake in what was
    typed or set, 3 a service did not answer, 4 credentials or a permission.
    """
