"""The expressions of Serverless Devs in s.yaml: `${env('NAME', default)}` and `${vars.a.b}`.

As in npm's @serverless-devs/parse-spec: an empty variable counts as unset. A text that is nothing but one
expression takes the type of its value. Keys without a value are dropped. A value may hold expressions again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_EXPRESSION = re.compile(r"\$\{([^}]*)\}")
_ENV = re.compile(r"""env\(\s*(['"])(?P<name>[^'"]+)\1\s*(?:,\s*(?P<default>.+?)\s*)?\)""", re.DOTALL)
_VARS = re.compile(r"vars((?:\.[\w-]+)+)")
_LITERALS: Mapping[str, Any] = {"true": True, "false": False}
_MAX_DEPTH = 10


class ExpressionError(ValueError):
    """An expression that is not understood; the message starts with where it stands."""


class Resolver:
    """Replaces the expressions of a document. Variables without value and default are collected in `missing`."""

    def __init__(self, variables: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._vars = variables
        self._environ = environ
        #: name of the variable → where it is used
        self.missing: dict[str, list[str]] = {}

    def resolve(self, value: Any, where: str = "", depth: int = 0) -> Any:
        if isinstance(value, dict):
            inner = {key: self.resolve(item, _join(where, str(key)), depth) for key, item in value.items()}
            return {key: item for key, item in inner.items() if item is not None}
        if isinstance(value, list):
            return [self.resolve(item, f"{where}[{i}]", depth) for i, item in enumerate(value)]
        return self._text(value, where, depth) if isinstance(value, str) else value

    def _text(self, text: str, where: str, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise ExpressionError(f"{where}: ${{…}} refers to itself")
        whole = _EXPRESSION.fullmatch(text)
        if whole:
            return self._evaluate(whole[1].strip(), where, depth)
        return _EXPRESSION.sub(lambda match: _as_text(self._evaluate(match[1].strip(), where, depth)), text)

    def _evaluate(self, code: str, where: str, depth: int) -> Any:
        if match := _ENV.fullmatch(code):
            return self._environment(match["name"], match["default"], where, depth)
        if match := _VARS.fullmatch(code):
            value: Any = self._vars
            for part in match[1][1:].split("."):
                if not isinstance(value, Mapping) or part not in value:
                    raise ExpressionError(f"{where}: ${{{code}}}: {part!r} is not defined under `vars`")
                value = value[part]
            return self.resolve(value, where, depth + 1)
        known = "${env('NAME', 'default')} and ${vars.name}"
        raise ExpressionError(f"{where}: ${{{code}}}: only {known} are understood here")

    def _environment(self, name: str, default: str | None, where: str, depth: int) -> Any:
        if value := self._environ.get(name):
            return self.resolve(value, where, depth + 1)
        if default is None:
            self.missing.setdefault(name, []).append(where)
            return ""
        if len(default) >= 2 and default[0] == default[-1] and default[0] in "'\"":
            return default[1:-1]
        if default in _LITERALS:
            return _LITERALS[default]
        if re.fullmatch(r"-?\d+(\.\d+)?", default):
            return float(default) if "." in default else int(default)
        return self._evaluate(default, where, depth + 1)


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
