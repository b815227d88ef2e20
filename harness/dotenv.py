""".env files, read as Serverless Devs reads them: npm's dotenv 16 and then dotenv-expand 10.

Values may be quoted with ', " or `; a # starts a comment outside quotes; only double quotes know \\n and \\r.
`$NAME`, `${NAME}` and `${NAME:-default}` are expanded in every value, quoted or not; `\\$` is a plain dollar sign.
A variable that is set in the environment already keeps that value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_LINE = re.compile(
    r"^\s*(?:export\s+)?(?P<name>[\w.-]+)(?:\s*=\s*?|:\s+?)"
    r"(?P<value>\s*'(?:\\'|[^'])*'|\s*\"(?:\\\"|[^\"])*\"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$",
    re.MULTILINE,
)
_QUOTED = re.compile(r"^(['\"`])(.*)\1$", re.DOTALL)
_REFERENCE = re.compile(r"(?<!\\)\$\{?(\w+)(?::-([^}\\]*))?\}?")
#: A value that refers to itself would be expanded for ever.
_MAX_EXPANSIONS = 100


class DotenvError(ValueError):
    """The file can't be read; the message says which, why, and what to do."""


def read_dotenv(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with what the file adds to it; a missing file adds nothing. Raises DotenvError."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows' editors begin a file with a BOM
    except FileNotFoundError:
        return dict(environ)
    except UnicodeDecodeError:
        text = "\0"
    except OSError as exc:
        raise DotenvError(f"{path}: {exc.strerror}; it must be a file, as .env.example is one") from exc
    if "\0" in text:  # as every second byte of UTF-16 is
        raise DotenvError(f"{path}: is not UTF-8; save it in that encoding")
    parsed = {match["name"]: _unquote((match["value"] or "").strip()) for match in _LINE.finditer(text)}
    known = {**parsed, **environ}
    for name in parsed:
        known[name] = _expand(known[name], known)
    return known


def _unquote(value: str) -> str:
    match = _QUOTED.match(value)
    if not match:
        return value
    inner = match[2]
    return inner.replace("\\n", "\n").replace("\\r", "\r") if match[1] == '"' else inner


def _expand(value: str, known: Mapping[str, str]) -> str:
    for _ in range(_MAX_EXPANSIONS):
        references = list(_REFERENCE.finditer(value))
        if not references:
            break
        last = references[-1]
        replacement = known.get(last[1]) or last[2] or ""
        value = value[: last.start()] + replacement + value[last.end() :]
    return value.replace("\\$", "$")
