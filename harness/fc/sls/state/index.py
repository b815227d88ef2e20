"""The index of a logstore: which fields a query may name, and how their text falls into words.

Source: the pages CreateIndex and "Create indexes". Chinese (chn): each character is a word, where the real service
knows the words. Not implemented, and refused: fields with an alias.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.fc.sls.errors import SlsError
from harness.fc.sls.state.model import Document

TYPES = ("text", "long", "double", "json")
#: What every logstore's index has.
RESERVED = ("__topic__", "__source__")
_CHINESE = re.compile(r"([\u3400-\u9fff\uf900-\ufaff])")
#: bytes of a text that SQL sees, where the index says nothing
MAX_TEXT = 2048


@dataclass(frozen=True)
class Words:
    """How a text falls into words."""

    separators: str = ""
    case_sensitive: bool = False
    chinese: bool = False

    def of(self, text: str) -> list[str]:
        text = self.folded(text)
        if self.chinese:
            text = _CHINESE.sub(f"{self.separators[:1] or ' '}\\1{self.separators[:1] or ' '}", text)
        if not self.separators:
            return [text] if text else []
        return [word for word in re.split(f"[{re.escape(self.separators)}]", text) if word]

    def without(self, kept: str) -> Words:
        """The same, but for what is not a separator then."""
        return replace(self, separators="".join(each for each in self.separators if each not in kept))

    def folded(self, text: str) -> str:
        return text if self.case_sensitive else text.lower()


@dataclass(frozen=True)
class Field:
    """kind: of TYPES. analysed: whether SQL has it (doc_value). children: of a json field, by their path in it.

    all_texts: whether the texts that `children` does not name can be searched, too (index_all). Of one of those:
    what is not a text is not in it.
    """

    kind: str
    words: Words = Words()
    analysed: bool = False
    children: Mapping[str, Field] = field(default_factory=dict)
    all_texts: bool = False


@dataclass(frozen=True)
class Index:
    """line: of searches that name no field, None: there are none such. skipped, only: fields of those searches."""

    fields: Mapping[str, Field]
    line: Words | None = None
    only: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    max_text: int = MAX_TEXT

    def find(self, name: str) -> tuple[Field, str, str] | None:
        """(the field, the key of the log, the path in its JSON or "") for a name such as "message.level"."""
        if name in RESERVED:
            return Field("text", Words()), name, ""
        if found := self.fields.get(name):
            return found, name, ""
        for key, parent in self.fields.items():
            path = name.removeprefix(f"{key}.")
            if parent.kind == "json" and path != name:
                if child := parent.children.get(path):
                    return child, key, path
                if parent.all_texts:
                    return Field("text", parent.words, all_texts=True), key, path
        return None

    def columns(self) -> Iterator[tuple[str, Field, str, str]]:
        """(name, field, key, path) of what SQL has."""
        for name, each in self.fields.items():
            if each.analysed:
                yield name, each, name, ""
            for path, child in each.children.items():
                if child.analysed:
                    yield f"{name}.{path}", child, name, path


def read_index(document: Document) -> Index:
    """Raises SlsError ParameterInvalid, which says what is wrong and where."""
    if not isinstance(document, Mapping):
        raise _wrong("index", "must be an object")
    line, keys = document.get("line"), document.get("keys")
    if not line and not keys:
        raise _wrong("index", "must have line or keys")
    fields = {name: _field(each, f"keys.{name}") for name, each in _object(keys or {}, "keys").items()}
    limit = document.get("max_text_len", MAX_TEXT)
    if not isinstance(limit, int) or not 64 <= limit <= 16384:
        raise _wrong("max_text_len", "must be a number from 64 to 16384")
    if not line:
        return Index(fields, max_text=limit)
    line = _object(line, "line")
    only, skipped = (frozenset(line.get(name) or ()) for name in ("include_keys", "exclude_keys"))
    if only and skipped:
        raise _wrong("line", "must not have both include_keys and exclude_keys")
    return Index(fields, _words(line, "line"), only, skipped, limit)


def _field(document: object, where: str, words: Words | None = None) -> Field:
    """words: the parent's, of a field in JSON."""
    settings = _object(document, where)
    kind = settings.get("type")
    if kind not in TYPES or (words and kind == "json"):
        raise _wrong(f"{where}.type", f"must be one of {', '.join(TYPES if not words else TYPES[:3])}")
    if settings.get("alias"):
        raise _wrong(f"{where}.alias", "is not implemented by the local cloud")
    analysed = settings.get("doc_value", False)
    if not isinstance(analysed, bool):
        raise _wrong(f"{where}.doc_value", "must be true or false")
    if kind in ("long", "double"):
        return Field(kind, analysed=analysed)
    own = words or _words(settings, where)
    if kind == "text":
        return Field(kind, own, analysed)
    children = {
        path: _field(child, f"{where}.json_keys.{path}", own)
        for path, child in _object(settings.get("json_keys") or {}, f"{where}.json_keys").items()
    }
    return Field(kind, own, analysed, children, bool(settings.get("index_all")))


def _words(settings: Document, where: str) -> Words:
    separators = settings.get("token")
    if not isinstance(separators, list) or not all(
        isinstance(each, str) and len(each) == 1 for each in separators
    ):
        raise _wrong(f"{where}.token", "must be a list of single characters")
    flags = [settings.get(name, False) for name in ("caseSensitive", "chn")]
    if not all(isinstance(flag, bool) for flag in flags):
        raise _wrong(where, "caseSensitive and chn must be true or false")
    return Words("".join(separators), *flags)


def _object(value: object, where: str) -> Document:
    if not isinstance(value, Mapping):
        raise _wrong(where, "must be an object")
    return value


def _wrong(where: str, what: str) -> SlsError:
    return SlsError("ParameterInvalid", f"{where} {what}")
