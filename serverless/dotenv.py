""".env files, read as Serverless Devs reads them: npm's dotenv 16 and then dotenv-expand 10, and then both again.

Values may be quoted with ', " or `; a # starts a comment outside quotes; only double quotes know \\n and \\r.
`$NAME`, `${NAME}` and `${NAME:-default}` are expanded in every value, quoted or not, and in the value that the
environment has for a name in the file. Otherwise a variable that is set in the environment keeps its value.

Refused is what comes out of the second reading other than out of the first, `\\$` above all, and what refers to
nothing: it would be cut off without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

# JavaScript's \s, which trim() removes too, its \w, and where its ^ and $ are: Python's are others.
_SPACES = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_S, _W, _END = f"[{_SPACES}]", "[A-Za-z0-9_]", "\n\r\u2028\u2029"
_LINE = re.compile(
    rf"(?:\A|(?<=[{_END}])){_S}*(?:export{_S}+)?(?P<name>(?:{_W}|[.-])+)(?:{_S}*={_S}*?|:{_S}+?)"
    rf"(?P<value>{_S}*'(?:\\'|[^'])*'|{_S}*\"(?:\\\"|[^\"])*\"|{_S}*`(?:\\`|[^`])*`|[^#\r\n]+)?"
    rf"{_S}*(?:#[^{_END}]*)?(?=[{_END}]|\Z)"
)
_QUOTED = re.compile(rf"(?:\A|(?<=[{_END}]))(['\"`])(.*)\1(?=[{_END}]|\Z)", re.DOTALL)
_AROUND = re.compile(rf"\A{_S}+|{_S}+\Z")
_DOLLAR = re.compile(r"(?<!\\)\$")
_REFERENCE = re.compile(rf"(?<!\\)\$\{{?({_W}+)(?::-([^}}\\]*))?\}}?")
#: In the text that JavaScript's replace() puts in.
_PATTERN = re.compile(r"\$([$&`'])")
#: A value that refers to itself would be expanded for ever, and may double each time.
_MAX_EXPANSIONS, _MAX_LENGTH = 100, 1 << 16

_INSTEAD = "In a URL write %24 for a dollar sign; for any other value, take the line out and set it in the shell"


class DotenvError(ValueError):
    """The file can't be read; the message says which, where, why, and what to do. No value is in it."""


class _Unclear(Exception):
    """Why a value can't be expanded."""


def read_dotenv(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with what the file adds to it; a missing file adds nothing. Raises DotenvError."""
    text = _read(path)
    if text is None:
        return dict(environ)
    lines, values = {}, {}
    for match in _LINE.finditer(text):
        name = match["name"]
        lines[name] = text.count("\n", 0, match.start("name")) + 1
        values[name] = _unquote(_AROUND.sub("", match["value"] or ""))
    known = {**values, **environ}
    once: dict[str, str] = {}
    for name, line in lines.items():
        try:
            once[name] = _expand(known[name], known)
        except _Unclear as exc:
            raise DotenvError(f"{path}, line {line}: {name}: {exc}. {_INSTEAD}") from exc
    after = {**known, **once}
    for name, line in lines.items():
        if not _settled(once[name], after):
            why = "a $ can't be escaped, because Serverless Devs expands the file twice"
            raise DotenvError(f"{path}, line {line}: {name}: {why}. {_INSTEAD}")
    return after


def _read(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows' editors begin a file with a BOM
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        text = "\0"
    except OSError as exc:
        raise DotenvError(f"{path}: {exc.strerror}; it must be a file, as .env.example is one") from exc
    if "\0" in text:  # as every second byte of UTF-16 is
        raise DotenvError(f"{path}: is not UTF-8; save it in that encoding")
    return text


def _unquote(value: str) -> str:
    inner = _QUOTED.sub(lambda match: match[2], value)
    return inner.replace("\\n", "\n").replace("\\r", "\r") if value.startswith('"') else inner


def _settled(value: str, known: Mapping[str, str]) -> bool:
    """Whether a second reading leaves it as it is."""
    try:
        return _expand(value, known) == value
    except _Unclear:
        return False


def _expand(value: str, known: Mapping[str, str]) -> str:
    for _ in range(_MAX_EXPANSIONS):
        dollars = list(_DOLLAR.finditer(value))
        match = _REFERENCE.search(value[dollars[-1].start() :]) if dollars else None
        if match is None:
            return value.replace("\\$", "$")
        replacement = known.get(match[1]) or match[2]
        if not replacement and match[1] not in known:
            raise _Unclear("a $ and a name stand for another variable, and there is none of the name in it")
        value = _replace_first(value, match[0], replacement or "")
        if len(value) > _MAX_LENGTH:
            break
    raise _Unclear("it refers to itself")


def _replace_first(value: str, old: str, new: str) -> str:
    """As String.replace does it: the first that looks so, and with patterns in what is put in."""
    before, _, after = value.partition(old)
    known: dict[str, str] = {"$": "$", "&": old, "`": before, "'": after}
    fill: Callable[[re.Match[str]], str] = lambda pattern: known[pattern[1]]  # noqa: E731
    return before + _PATTERN.sub(fill, new) + after
