"""Text that XML 1.0 can hold."""

from __future__ import annotations

import re

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """`text` with a replacement character for each one that no document may have, not even escaped."""
    return _NO_XML.sub("\ufffd", text)
