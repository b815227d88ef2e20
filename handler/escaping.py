"""Text from outside, made fit for a line of a log or a record: it can neither end the line nor change its look.

Nothing here raises for what it is given: a lone surrogate, NaN, an object without a JSON form.
"""

from __future__ import annotations

import json

#: They join letters and emoji, or are spaces of a width of their own; str.isprintable counts them as unprintable.
_HARMLESS = frozenset("\u00a0\u3000\u200c\u200d")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: How deep a value is shown that has no JSON form.
_DEPTH = 6
#: Python refuses to write a longer number in decimal.
_INT_BITS = 14_000


def escaped(text: str, keep: str = "") -> str:
    """`text` with line breaks, control characters, bidi overrides and surrogates as `\\n`, `\\x1b`, `\\u202e`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _HARMLESS or c in keep else _SHORT.get(c) or _hex(c) for c in text)


def shortened(text: str, most: int) -> str:
    """At most `most` characters of `text`, and how many are left out."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} more characters)"


def json_line(value: object, *, ascii_only: bool = False) -> str:
    """`value` as JSON in one line without its end; reading it gives the same texts, whatever is in them."""
    try:
        text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(_plain(value, _DEPTH), ensure_ascii=ascii_only, separators=(",", ":"))
    if text.isprintable():
        return text
    # What JSON allows as it is stands in texts only, where it can be written as an escape as well.
    return "".join(c if c.isprintable() or c in _HARMLESS else json.dumps(c)[1:-1] for c in text)


def _hex(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _plain(value: object, depth: int) -> object:
    if value is None or isinstance(value, str) or (isinstance(value, int) and value.bit_length() < _INT_BITS):
        return value
    if depth and isinstance(value, dict):
        return {_word(name): _plain(held, depth - 1) for name, held in value.items()}
    if depth and isinstance(value, (list, tuple)):
        return [_plain(held, depth - 1) for held in value]
    return _word(value) if not isinstance(value, float) or value != value or abs(value) == float("inf") else value


def _word(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - whatever its __str__ does
        return f"<{type(value).__name__}>"
