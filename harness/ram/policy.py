"""RAM: policies and their evaluation. Grammar: the RAM documentation's "policy structure and syntax", version 1.

Explicit deny beats allow, and what nothing allows is denied. `*` and `?` match exactly: any other character stands
for itself. Condition operators that are not implemented are refused when the policy is loaded, never ignored.
Not implemented: NotAction, NotResource, Principal (trust policies are not evaluated).
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class PolicyError(ValueError):
    """The policy document is wrong; the message says where and what."""


@dataclass(frozen=True)
class Decision:
    """`denied_by`: "" when allowed, else "default" (nothing allows it) or "explicit" (a Deny statement does)."""

    action: str
    resource: str
    denied_by: str = ""

    @property
    def allowed(self) -> bool:
        return not self.denied_by


@dataclass(frozen=True)
class _Statement:
    deny: bool
    actions: tuple[re.Pattern[str], ...]
    resources: tuple[re.Pattern[str], ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]

    def applies(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        return (
            any(pattern.fullmatch(action) for pattern in self.actions)
            and any(pattern.fullmatch(resource) for pattern in self.resources)
            and all(_holds(name, context.get(key.lower()), values) for name, key, values in self.conditions)
        )


class Policy:
    """A loaded policy document."""

    def __init__(self, document: Any, where: str = "policy") -> None:
        if not isinstance(document, Mapping):
            raise PolicyError(f"{where}: must be an object")
        if document.get("Version") != "1":
            raise PolicyError(f'{where}: "Version" must be "1", it is {document.get("Version")!r}')
        statements = document.get("Statement")
        if not isinstance(statements, list) or not statements:
            raise PolicyError(f'{where}: "Statement" must be a list with at least one statement')
        self._statements = [_statement(s, f"{where}: Statement[{i}]") for i, s in enumerate(statements)]

    @classmethod
    def parse(cls, text: str, where: str = "policy") -> Policy:
        try:
            document = json.loads(text)
        except ValueError as exc:
            raise PolicyError(f"{where}: not JSON: {exc}") from exc
        return cls(document, where)

    def evaluate(self, action: str, resource: str, context: Mapping[str, str] | None = None) -> Decision:
        """`context`: condition keys (any case) to values, as text; dates in ISO 8601."""
        known = {key.lower(): value for key, value in (context or {}).items()}
        matching = [s for s in self._statements if s.applies(action, resource, known)]
        if any(s.deny for s in matching):
            return Decision(action, resource, "explicit")
        return Decision(action, resource, "" if matching else "default")


def _statement(raw: Any, where: str) -> _Statement:
    if not isinstance(raw, dict):
        raise PolicyError(f"{where}: must be an object")
    if unknown := set(raw) - {"Effect", "Action", "Resource", "Condition", "Sid"}:
        raise PolicyError(f"{where}: {', '.join(sorted(unknown))}: not implemented, so it cannot be enforced")
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f'{where}: "Effect" must be "Allow" or "Deny"')
    actions = _texts(raw.get("Action"), f"{where}: Action")
    resources = _texts(raw.get("Resource"), f"{where}: Resource")
    return _Statement(
        raw["Effect"] == "Deny",
        # Actions are matched without regard to case, resources with it.
        tuple(_pattern(action, re.IGNORECASE) for action in actions),
        tuple(_pattern(resource) for resource in resources),
        tuple(_conditions(raw.get("Condition", {}), f"{where}: Condition")),
    )


def _conditions(raw: Any, where: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(operator, key, values) of each."""
    if not isinstance(raw, dict):
        raise PolicyError(f"{where}: must be an object")
    for operator, tests in raw.items():
        if operator not in OPERATORS:
            raise PolicyError(f"{where} operator {operator!r} is unknown")
        if not isinstance(tests, dict):
            raise PolicyError(f"{where}.{operator}: must be an object")
        for key, values in tests.items():
            yield operator, key, _operands(operator, values, f"{where}.{operator}.{key}")


def _texts(raw: Any, where: str) -> tuple[str, ...]:
    values = raw if isinstance(raw, list) else [raw]
    if not values or not all(isinstance(value, (str, bool, int)) for value in values):
        raise PolicyError(f"{where}: must be a text or a list of texts")
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in values)


def _operands(operator: str, raw: Any, where: str) -> tuple[str, ...]:
    """The values of a condition; what its operator can't compare with is refused now, not at each request."""
    values = _texts(raw, where)
    for value in values:
        try:
            for family, read in _READERS.items():
                if family in operator:
                    read(value)
        except ValueError as exc:
            raise PolicyError(f"{where}: {value!r} is nothing that {operator} can compare with") from exc
    return values


def _pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(char, re.escape(char)) for char in text), re.DOTALL | flags)


def _holds(operator: str, actual: str | None, wanted: tuple[str, ...]) -> bool:
    """An absent key satisfies only the negated operators. A negated operator must hold for every value."""
    if actual is None:
        return operator in _NEGATED
    test = OPERATORS[operator]
    results = (test(actual, value) for value in wanted)
    return all(results) if operator in _NEGATED else any(results)


def _date(text: str) -> datetime:
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.now().astimezone().tzinfo)


def _in_network(address: str, network: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


#: by their names: (the value in the request, one of the condition) → is it met?
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda a, b: a == b,
    "StringNotEquals": lambda a, b: a != b,
    "StringEqualsIgnoreCase": lambda a, b: a.lower() == b.lower(),
    "StringNotEqualsIgnoreCase": lambda a, b: a.lower() != b.lower(),
    "StringLike": lambda a, b: bool(_pattern(b).fullmatch(a)),
    "StringNotLike": lambda a, b: not _pattern(b).fullmatch(a),
    "NumericEquals": lambda a, b: float(a) == float(b),
    "NumericNotEquals": lambda a, b: float(a) != float(b),
    "NumericLessThan": lambda a, b: float(a) < float(b),
    "NumericLessThanEquals": lambda a, b: float(a) <= float(b),
    "NumericGreaterThan": lambda a, b: float(a) > float(b),
    "NumericGreaterThanEquals": lambda a, b: float(a) >= float(b),
    "DateEquals": lambda a, b: _date(a) == _date(b),
    "DateNotEquals": lambda a, b: _date(a) != _date(b),
    "DateLessThan": lambda a, b: _date(a) < _date(b),
    "DateLessThanEquals": lambda a, b: _date(a) <= _date(b),
    "DateGreaterThan": lambda a, b: _date(a) > _date(b),
    "DateGreaterThanEquals": lambda a, b: _date(a) >= _date(b),
    "Bool": lambda a, b: a.lower() == b.lower(),
    "IpAddress": _in_network,
    "NotIpAddress": lambda a, b: not _in_network(a, b),
}
#: What the values of a family of operators must be.
_READERS: dict[str, Callable[[str], object]] = {
    "Numeric": float,
    "Date": _date,
    "Bool": lambda text: ("true", "false").index(text.lower()),
    "IpAddress": lambda text: ipaddress.ip_network(text, strict=False),
}
_NEGATED = frozenset(name for name in OPERATORS if "Not" in name)
