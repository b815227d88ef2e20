"""`gifs doctor`: what is set, deployed and permitted, in one table."""

from __future__ import annotations

import sys
from collections import Counter

import click

from ops.account import Account
from ops.checks.check import Check, Mark
from ops.checks.run import Looked, examine
from ops.errors import GOOD, PERSON
from ops.names import object_name
from ops.options import command
from ops.output import Output

_SIGNS = {Mark.GOOD: "✓", Mark.BAD: "✗", Mark.NOTE: "!"}
_PLAIN = {Mark.GOOD: "ok", Mark.BAD: "NO", Mark.NOTE: "! "}


@command("doctor")
@click.option(
    "--video", metavar="oss://BUCKET/KEY", help="The one that the functions try to read.  [default: any]"
)
@click.option("--outside", is_flag=True, help="Do not invoke the functions.")
def run(account: Account, output: Output, video: str | None, outside: bool) -> int:
    """Hold settings, functions, triggers, buckets and log against s.yaml, and try every permission.

    Both functions are invoked, and try with their own credentials what they need; no task is made. They leave
    small objects called .check below TRACKING_PREFIX and GIF_PREFIX. Exit code 1 when something is wrong.
    """
    uri = object_name(video).uri if video else ""
    found: list[Looked] = []
    with output.progress("looking") as progress:
        for looked in examine(account, uri, is_inside=not outside):
            found.append(looked)
            progress.add(1, looked.area)
    if output.as_json:
        checks = [_as_json(looked.area, check) for looked in found for check in looked.checks]
        output.document({"good": not any(looked.is_bad for looked in found), "checks": checks})
    else:
        _show(output, found)
    errors = {str(looked.error): looked.error for looked in found if looked.error}
    for message in errors:
        output.say(f"Error: {message}")
    worst = max((error.exit_code for error in errors.values()), default=GOOD)
    return worst or (PERSON if any(looked.is_bad for looked in found) else GOOD)


def _as_json(area: str, check: Check) -> dict[str, str | None]:
    return {
        "area": area,
        "name": check.name,
        "mark": check.mark.value,
        "detail": check.detail or None,
        "hint": check.hint or None,
    }


def _show(output: Output, found: list[Looked]) -> None:
    signs = _SIGNS if _has_signs() else _PLAIN
    width = max(len(check.name) for looked in found for check in looked.checks)
    area = ""
    for looked in found:
        if looked.area != area and looked.checks:
            area = looked.area
            output.text(area)
        for check in looked.checks:
            output.text(f"  {signs[check.mark]} {check.name:<{width}}  {check.detail}".rstrip())
            if check.hint and check.mark is not Mark.GOOD:
                output.text(f"    {'':<{width}}  → {check.hint}" if _has_signs() else f"    {check.hint}")
    count = Counter(check.mark for looked in found for check in looked.checks)
    output.text()
    output.text(f"{count[Mark.GOOD]} good, {count[Mark.BAD]} wrong, {count[Mark.NOTE]} to know.")


def _has_signs() -> bool:
    """Whether standard output can say them, as an old terminal's encoding cannot."""
    try:
        "✓✗→".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
