"""The name of a key's GIF."""

from __future__ import annotations

import hashlib

from handler.video import MAX_KEY_BYTES


def gif_key(prefix: str, bucket: str, key: str) -> str:
    """`<prefix><bucket>/<key>.gif`; the key's SHA-256 instead where that, or the text beside it, is too long."""
    name = f"{prefix}{bucket}/{key}.gif"
    if len(f"{name}.txt".encode()) <= MAX_KEY_BYTES:
        return name
    return f"{prefix}{bucket}/{hashlib.sha256(key.encode()).hexdigest()}.gif"
