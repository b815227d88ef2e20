"""Answers of an RPC API, JSON or XML, as one shape: a dict with the documented names.

The gateway's default format is XML, and some of its refusals come as XML whatever was asked for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parse_answer(body: bytes) -> dict[str, Any]:
    """The answer's fields; raises ValueError when it is neither. XML values are texts, repeated elements lists."""
    text = body.lstrip()
    answer = _from_xml(text) if text.startswith(b"<") else json.loads(text)
    if not isinstance(answer, dict):
        raise ValueError("it is no object")
    return answer


def _from_xml(text: bytes) -> Any:
    # Imported here, because an answer in JSON is the rule and a cold start has better things to do.
    from xml.etree import ElementTree

    try:
        return _value(ElementTree.fromstring(text))
    except ElementTree.ParseError as exc:
        raise ValueError(f"not XML: {exc}") from exc


def _value(element: Element) -> Any:
    if not len(element):
        return (element.text or "").strip()
    fields: dict[str, Any] = {}
    for child in element:
        value = _value(child)
        if child.tag not in fields:
            fields[child.tag] = value
        elif isinstance(fields[child.tag], list):
            fields[child.tag].append(value)
        else:
            fields[child.tag] = [fields[child.tag], value]
    return fields
