"""What protects a bucket from the public: its Referer rules, and the block of public access.

Sources: OSS API reference, PutBucketReferer and PutBucketPublicAccessBlock.
"""

from __future__ import annotations

import fnmatch
import json
from dataclasses import asdict, dataclass
from typing import Any

from harness.oss.state.database import Database
from harness.oss.state.versions import require_bucket


@dataclass(frozen=True)
class RefererRules:
    """allowed, denied: with * for any text and ? for one character. Without `allowed` every Referer passes."""

    allow_empty: bool = True
    allowed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    truncate_query: bool = True

    def admit(self, referer: str) -> bool:
        text = referer.partition("?")[0] if self.truncate_query else referer
        if text and any(_fits(text, pattern) for pattern in self.denied):
            return False
        if not self.allowed:
            return True
        return any(_fits(text, pattern) for pattern in self.allowed) if text else self.allow_empty


def _fits(text: str, pattern: str) -> bool:
    """In a pattern, [ and ] stand for themselves."""
    return fnmatch.fnmatchcase(text.lower(), pattern.lower().replace("[", "[[]"))


class Protections:
    """blocked: whether a bucket blocks public access of which nobody has said anything."""

    def __init__(self, database: Database, blocked: bool = False) -> None:
        self._database = database
        self._blocked = blocked

    def referer(self, bucket: str) -> RefererRules:
        raw = self._document(bucket).get("referer")
        if raw is None:
            return RefererRules()
        return RefererRules(raw["allow_empty"], tuple(raw["allowed"]), tuple(raw["denied"]), raw["truncate_query"])

    def put_referer(self, bucket: str, rules: RefererRules) -> None:
        self._put(bucket, "referer", asdict(rules))

    def blocks_public(self, bucket: str) -> bool:
        return bool(self._document(bucket).get("blocks_public", self._blocked))

    def block_public(self, bucket: str, blocked: bool) -> None:
        self._put(bucket, "blocks_public", blocked)

    def _document(self, bucket: str) -> dict[str, Any]:
        with self._database.reading() as db:
            row = db.execute("SELECT document FROM protections WHERE bucket = ?", (bucket,)).fetchone()
        found: dict[str, Any] = json.loads(row["document"]) if row else {}
        return found

    def _put(self, bucket: str, name: str, value: object) -> None:
        with self._database.transaction() as db:
            require_bucket(db, bucket)
            document = json.dumps({**self._document(bucket), name: value})
            db.execute("INSERT OR REPLACE INTO protections VALUES (?, ?)", (bucket, document))
