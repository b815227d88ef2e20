"""Answers of an RPC API, JSON or XML, as one shape: a dict with the documented names.

The gateway's default format is XML, and some of its refusals come as XML whatever was asked for.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeVar

from handler.errors import GifOnUploadError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

E = TypeVar("E", bound=GifOnUploadError)

#: Byte order marks and white space.
_BEFORE_XML = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"


def parse_answer(body: bytes) -> dict[str, object]:
    """The answer's fields; raises ValueError when it is neither. XML values are texts, repeated elements lists."""
    try:
        answer = _from_xml(body.strip()) if body.lstrip(_BEFORE_XML).startswith(b"<") else json.loads(body)
    except (LookupError, RecursionError) as exc:  # an unknown encoding; deeper than any answer is
        raise ValueError(type(exc).__name__) from exc
    if not isinstance(answer, dict):
        raise ValueError("it is not an object")
    return answer


def _from_xml(text: bytes) -> object:
    # Imported here, because an answer in JSON is the rule and a cold start has better things to do.
    from xml.etree import ElementTree

    try:
        return _value(ElementTree.fromstring(text))
    except ElementTree.ParseError as exc:
        raise ValueError(f"not XML: {exc}") from exc


def _value(element: Element) -> object:
    if not len(element):
        return (element.text or "").strip()
    fields: dict[str, object] = {}
    for child in element:
        name, value = child.tag.rpartition("}")[2], _value(child)  # without its namespace
        held = fields.get(name)
        if name not in fields:
            fields[name] = value
        elif isinstance(held, list):
            held.append(value)
        else:
            fields[name] = [held, value]
    return fields


def as_list(value: object, name: str) -> object:
    """A list of an answer: XML wraps it in an element `name`, and a single one looks like no list."""
    value = value.get(name, value) if isinstance(value, dict) else value
    return [value] if isinstance(value, dict) else value


def whole_number(value: object) -> int | None:
    """A number of an answer, 0 or more: XML has texts, and so has JSON now and then."""
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,100}\s*", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def positive_number(value: object) -> int | None:
    number = whole_number(value)
    return number if number and number > 0 else None


def refusal(
    entry: tuple[type[E], bool, str], what: str, code: str, http_status: int, message: str, request_id: str
) -> E:
    """The typed error of an answer that is not a success. entry: the error, whether it is retryable, its hint."""
    kind, retryable, hint = entry
    return kind(
        f"{what}: {http_status} {code or 'without a code'}: {message or 'no message'}",
        hint=hint,
        code=code,
        http_status=http_status,
        request_id=request_id,
        retryable=retryable,
    )
