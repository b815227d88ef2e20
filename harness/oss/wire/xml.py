"""The XML of OSS's requests and answers: plain elements, no attributes, no namespace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from harness.oss.errors import OssError

#: (name, text) or (name, its elements)
Element = tuple[str, str | Sequence["Element"]]

#: what a client may send: 1,000 keys to delete, or 10,000 parts
MAX_DOCUMENT = 4 * 1024 * 1024

# Keys may hold characters that no XML 1.0 document may. OSS reads them all the same, as they are or as character
# references, and writes them as they are. For the parser each gets a stand-in: a mark, its number, a semicolon.
_MARK = "\ue0ff"
_NO_XML = re.compile(f"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|{_MARK}")
_REFERENCE = re.compile("&#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));")
_SPECIAL = re.compile("[&<>\r]")
_STAND_IN = re.compile(f"{_MARK}([0-9a-f]+);")


def render(root: Element) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + _text(root)).encode("utf-8", "replace")


def _text(element: Element) -> str:
    name, content = element
    if not isinstance(content, str):
        inner = "".join([_text(each) for each in content])
    elif _SPECIAL.search(content):
        # A parser would turn a bare carriage return into a line feed, and keys may hold one.
        inner = escape(content, {"\r": "&#13;"})
    else:
        inner = content
    return f"<{name}>{inner}</{name}>"


def parse(document: bytes, root: str) -> ElementTree.Element:
    """The document, which must be well-formed and start with `root`; raises OssError MalformedXML."""
    if len(document) > MAX_DOCUMENT:
        raise OssError("MalformedXML")
    try:
        parsed = _parsed(document)
    except (ElementTree.ParseError, ValueError, LookupError) as exc:
        raise OssError("MalformedXML", ErrorDetail=str(exc)) from exc
    for node in parsed.iter():
        node.tag = node.tag.rpartition("}")[2]  # some clients declare a namespace
    if parsed.tag != root:
        raise OssError("MalformedXML", ErrorDetail=f"the root must be {root}")
    return parsed


def _parsed(document: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(document)
    except ElementTree.ParseError:
        text = document.decode()
        hidden = _REFERENCE.sub(_hide_reference, _NO_XML.sub(lambda found: _stand_in(found[0]), text))
        if hidden == text:
            raise
    parsed = ElementTree.fromstring(hidden)
    for node in parsed.iter():
        node.text = _STAND_IN.sub(lambda found: chr(int(found[1], 16)), node.text or "")
    return parsed


def _stand_in(char: str) -> str:
    return f"{_MARK}{ord(char):x};"


def _hide_reference(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else int(found[2])
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or not _NO_XML.fullmatch(chr(number)):
        return found[0]
    return _stand_in(chr(number))


def text_of(node: ElementTree.Element, path: str) -> str:
    """Raises OssError MalformedXML when the element is not there."""
    found = node.findtext(path)
    if found is None:
        raise OssError("MalformedXML", ErrorDetail=f"{path} is missing in {node.tag}")
    return found
