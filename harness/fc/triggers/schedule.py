"""When a timer trigger fires: `@every 5m`, or six fields of cron, in UTC or behind `CRON_TZ=Asia/Shanghai`.

Source: the page on time triggers. By its table the seconds are one number, without special characters, so that
the shortest period is a minute; days of the week are 1 (Monday) to 7, or MON to SUN. Units of @every other than
minutes are documented nowhere (U), and refused.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_EVERY = re.compile(r"@every (0*[1-9]\d{0,6})m", re.ASCII)
_ZONED = re.compile(r"CRON_TZ=(\S+) +(.+)")
#: Second, minute, hour, day of the month, month, day of the week. The library knows L, W and # too; FC does not.
_FIELDS = re.compile(
    r"\d{1,2} +[\d,*/-]+ +[\d,*/-]+ +[\d,*/?-]+ +[\dA-Z,*/-]+ +([1-7,*/?-]|MON|TUE|WED|THU|FRI|SAT|SUN)+",
    re.ASCII | re.IGNORECASE,
)
_RULE = (
    "must be `@every <minutes>m`, or six fields (second, minute, hour, day, month, day of the week), in UTC or "
    "behind `CRON_TZ=<zone> `; the second is one number"
)


class Schedule:
    """Raises ValueError for an expression that is none, or that never comes about."""

    def __init__(self, expression: str) -> None:
        every = _EVERY.fullmatch(expression)
        self._every = timedelta(minutes=int(every[1])) if every else None
        self._zone: tzinfo = timezone.utc
        if every:
            return
        if zoned := _ZONED.fullmatch(expression):
            self._zone, expression = _zone(zoned[1]), zoned[2]
        self._cron = expression.replace("?", "*")
        try:
            if not _FIELDS.fullmatch(expression):
                raise ValueError(f"{_RULE}; it is {expression!r:.100}")
            next(CronSim(self._cron, datetime.now(self._zone)))
        except (CronSimError, StopIteration) as exc:
            raise ValueError(f"{_RULE} ({exc or 'no day is like that'})") from exc

    def after(self, moment: float) -> float:
        """The first time later than `moment`, both in epoch seconds."""
        if self._every:
            return moment + self._every.total_seconds()
        return next(CronSim(self._cron, datetime.fromtimestamp(moment, self._zone))).timestamp()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as exc:
        raise ValueError(f"there is no time zone {name!r:.100}; they are named like Asia/Shanghai") from exc
