"""Moments as people type them, and as the function writes them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import click

_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Since(click.ParamType):  # type: ignore[type-arg] # click 8.1 takes none
    """`90min`, `36h`, `7d`, `2w` before now, or a date, `2026-03-11` or `2026-03-11T05:00`, in UTC by default."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        if match := re.fullmatch(r"(\d{1,5})(min|h|d|w)", value):
            return datetime.now(timezone.utc) - timedelta(**{_UNITS[match[2]]: int(match[1])})
        try:
            moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            self.fail(
                f"{value!r} is neither such as 90min, 36h, 7d or 2w nor a date such as 2026-03-11", param, ctx
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def moment(text: object) -> datetime | None:
    """A time as the function writes it, `2026-03-11T05:40:45.682Z`."""
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else None
