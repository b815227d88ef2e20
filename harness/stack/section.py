"""A part of s.yaml that knows where it stands, so that whatever is wrong in it can be said with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from serverless.document import StackError

_REQUIRED: Any = object()


@dataclass(frozen=True)
class Section:
    """A mapping in the file that knows where it stands."""

    file: str
    where: str
    values: Mapping[str, Any]

    def error(self, key: str, problem: str) -> StackError:
        return StackError(f"{self.file}: {self._at(key)}: {problem}")

    def text(self, key: str, default: str = _REQUIRED) -> str:
        value = self._value(key, default)
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, (str, int, float)):
            raise self.error(key, f"must be a text, it is {value!r}")
        return str(value)

    def number(self, key: str, default: float) -> float:
        value = self._value(key, default)
        try:
            return float(value)
        except (TypeError, ValueError):
            raise self.error(key, f"must be a number, it is {value!r}") from None

    def integer(self, key: str, default: int) -> int:
        value = self.number(key, default)
        if value != int(value):
            raise self.error(key, f"must be a whole number, it is {value!r}")
        return int(value)

    def truth(self, key: str, default: bool = _REQUIRED) -> bool:
        """${env()} makes texts of true and false."""
        if (value := self.text(key, default if default is _REQUIRED else str(default).lower())) not in (
            "true",
            "false",
        ):
            raise self.error(key, f"must be true or false, it is {value!r}")
        return value == "true"

    def section(self, key: str) -> Section:
        """The mapping below `key`; empty when it is not there."""
        value = self._value(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"must be a mapping, it is {value!r}")
        return Section(self.file, self._at(key), value)

    def sections(self) -> Iterator[Section]:
        return (self.section(key) for key in self.values)

    def texts(self, key: str) -> list[str]:
        values = self._value(key, _REQUIRED)
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise self.error(key, f"must be a list of texts, it is {values!r}")
        return values

    def items(self, key: str) -> Iterator[Section]:
        """The mappings in the list below `key`; none when it is not there."""
        values = self._value(key, [])
        if not isinstance(values, list):
            raise self.error(key, f"must be a list, it is {values!r}")
        for i, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.error(f"{key}[{i}]", f"must be a mapping, it is {value!r}")
            yield Section(self.file, self._at(f"{key}[{i}]"), value)

    def _value(self, key: str, default: Any) -> Any:
        value = self.values.get(key, default)
        if value is _REQUIRED or (value == "" and default is _REQUIRED):
            raise self.error(key, "is required")
        return value

    def _at(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key
