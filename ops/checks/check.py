"""One line of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple


class Mark(str, Enum):
    """note: nothing is wrong, and somebody should know it."""

    GOOD = "good"
    BAD = "bad"
    NOTE = "note"


class Check(NamedTuple):
    """hint: what to do about it."""

    name: str
    mark: Mark
    detail: str = ""
    hint: str = ""


class Look(NamedTuple):
    """area: what it is about, such as a function. name: of the line that says why it could not be looked at.

    call: raises OpsError.
    """

    area: str
    name: str
    call: Callable[[], Iterator[Check]]


def good(name: str, detail: str = "") -> Check:
    return Check(name, Mark.GOOD, detail)


def bad(name: str, detail: str, hint: str = "") -> Check:
    return Check(name, Mark.BAD, detail, hint)


def note(name: str, detail: str, hint: str = "") -> Check:
    return Check(name, Mark.NOTE, detail, hint)


def compared(name: str, wanted: Mapping[str, Any], found: Mapping[str, Any], shown: str = "") -> Check:
    """wanted: as s.yaml has it; found: as it is deployed. shown: what is said when they are the same."""
    other = [each for each in wanted if _plain(wanted[each]) != _plain(found.get(each))]
    if not other:
        return good(name, shown or ", ".join(f"{each} {_said(wanted[each])}" for each in wanted))
    differences = (f"{each}: {_said(wanted[each])} in s.yaml, {_said(found.get(each))} deployed" for each in other)
    return bad(name, "; ".join(differences), "`s deploy`")


def _plain(value: Any) -> Any:
    """What comes out of ${env()} is a text, and nothing is as good as an empty one."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple, set, frozenset)):
        return sorted(map(str, value))
    try:
        return float(value)
    except (TypeError, ValueError):
        return "" if value is None else str(value)


def _said(value: Any) -> str:
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(sorted(map(str, value))) or "nothing"
    return "nothing" if value in (None, "") else str(value).lower() if isinstance(value, bool) else str(value)
