"""s.yaml with its values filled in, as Serverless Devs fills them in; edition 3.0.0.

Not implemented, and refused: expressions other than `${env()}` and `${vars}`, and `extend`. Not read: templates,
env.yaml, flow, a .env inside the code folder.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from serverless.dotenv import DotenvError, read_dotenv
from serverless.expressions import ExpressionError, Resolver


class StackError(ValueError):
    """The file can't be used; the message says what is wrong, where, and what to do.

    missing: the variables without a value, where that is what is wrong.
    """

    def __init__(self, message: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing


@dataclass(frozen=True)
class Document:
    """values: the file's mapping, resolved. variables: what its ${env()} name, as far as they are set."""

    file: Path
    values: Mapping[str, Any]
    variables: Mapping[str, str]


def read_document(path: Path, environ: Mapping[str, str], *, dotenv: bool = True) -> Document:
    """The file with `environ` (and the .env beside it, which never overrides `environ`). Raises StackError."""
    document = _load(path)
    try:
        variables = read_dotenv(path.parent / ".env", environ) if dotenv else environ
    except DotenvError as exc:
        raise StackError(str(exc)) from exc
    resolved = _resolve(path, document, variables)
    names = re.findall(r"env\(\s*['\"]([^'\"]+)", json.dumps(document))
    given = {name: variables[name] for name in dict.fromkeys(names) if variables.get(name)}
    return Document(path, resolved, given)


def _load(path: Path) -> dict[str, Any]:
    try:
        document = _parse(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise StackError(f"{path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise StackError(f"{path}: not UTF-8: {exc}") from exc
    except yaml.YAMLError as exc:
        raise StackError(f"{path}: not YAML: {exc}") from exc
    if not isinstance(document, dict):
        raise StackError(f"{path}: must be a mapping with `edition`, `name` and `resources`")
    if str(document.get("edition")) != "3.0.0":
        raise StackError(f"{path}: edition: must be 3.0.0, it is {document.get('edition')!r}")
    if "extend" in document:
        raise StackError(f"{path}: extend: not implemented here")
    return document


def _parse(text: str) -> Any:
    """Raises yaml.YAMLError."""
    if yaml.__with_libyaml__:
        with contextlib.suppress(yaml.YAMLError):
            return yaml.load(text, yaml.CSafeLoader)
    # Ten times slower, and it shows the line that is wrong.
    return yaml.safe_load(text)


def _resolve(path: Path, document: dict[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    resolver = Resolver(document.get("vars") or {}, variables)
    try:
        resolved: dict[str, Any] = resolver.resolve(document)
    except ExpressionError as exc:
        raise StackError(f"{path}: {exc}") from exc
    if resolver.missing:
        lines = [f"  {name}  (used at {', '.join(places)})" for name, places in resolver.missing.items()]
        what = "a variable has" if len(lines) == 1 else f"{len(lines)} variables have"
        raise StackError(
            f"{path}: {what} no value:\n"
            + "\n".join(lines)
            + "\nSet them in the environment or in the .env beside it.",
            tuple(resolver.missing),
        )
    return resolved
