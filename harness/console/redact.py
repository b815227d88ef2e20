"""Takes secrets out of text that is about to be shown: a function may print whatever it knows."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from harness.ram.identity import Credentials

MASK = "***"
_SIGNED_URL = re.compile(
    r"(https?://[^\s\"'<>?]+)\?[^\s\"'<>]*(?:signature|security-token)[^\s\"'<>]*", re.IGNORECASE
)
#: the secrets of STS credentials, as harness/ram/identity.py makes them
_STS_SECRET = re.compile(r"\b[A-Z2-7]{44}\b")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{100,}={0,2}")


class Redactor:
    """Masks the owner's secret, STS secrets and tokens, and the query of signed URLs."""

    def __init__(self, owner: Credentials) -> None:
        self._secret = owner.access_key_secret

    def text(self, text: str) -> str:
        if self._secret:
            text = text.replace(self._secret, MASK)
        text = _SIGNED_URL.sub(rf"\1?{MASK}", text)
        text = _STS_SECRET.sub(MASK, text)
        return _BASE64.sub(lambda match: MASK if _is_token(match[0]) else match[0], text)

    def value(self, value: Any) -> Any:
        """The same for every text inside a JSON value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        return [self.value(item) for item in value] if isinstance(value, (list, tuple)) else value


def _is_token(text: str) -> bool:
    """Whether it is an STS token of this cloud: a MAC and then claims in JSON."""
    try:
        claims = json.loads(base64.b64decode(text)[32:])
    except ValueError:
        return False
    return isinstance(claims, list) and str(claims[:1]).startswith("['STS.")
