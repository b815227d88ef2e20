"""The XML of OSS's requests and answers: plain elements, no attributes, no namespace."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from harness.oss.errors import OssError
from harness.xml_text import xml_text

#: (name, text) or (name, its elements)
Element = tuple[str, str | Sequence["Element"]]

#: what a client may send: 1,000 keys to delete, or 10,000 parts
MAX_DOCUMENT = 4 * 1024 * 1024


def render(root: Element) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + _text(root)).encode("utf-8", "replace")


def _text(element: Element) -> str:
    name, content = element
    # A parser would turn a bare carriage return into a line feed, and keys may hold one.
    if isinstance(content, str):
        inner = escape(xml_text(content), {"\r": "&#13;"})
    else:
        inner = "".join(map(_text, content))
    return f"<{name}>{inner}</{name}>"


def parse(document: bytes, root: str) -> ElementTree.Element:
    """The document, which must be well-formed and start with `root`; raises OssError MalformedXML."""
    if len(document) > MAX_DOCUMENT:
        raise OssError("MalformedXML")
    try:
        parsed = ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError, LookupError) as exc:
        raise OssError("MalformedXML", ErrorDetail=str(exc)) from exc
    for node in parsed.iter():
        node.tag = node.tag.rpartition("}")[2]  # some clients declare a namespace
    if parsed.tag != root:
        raise OssError("MalformedXML", ErrorDetail=f"the root must be {root}")
    return parsed


def text_of(node: ElementTree.Element, path: str) -> str:
    """Raises OssError MalformedXML when the element is not there."""
    found = node.findtext(path)
    if found is None:
        raise OssError("MalformedXML", ErrorDetail=f"{path} is missing in {node.tag}")
    return found
