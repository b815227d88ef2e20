"""The CORS rules of buckets: which web pages may call them, and what those may send and see.

Source: OSS API reference, PutBucketCors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from harness.oss.state.database import Database
from harness.oss.state.versions import require_bucket


@dataclass(frozen=True)
class CorsRule:
    """Origins and headers may have one * each. `max_age`: seconds, None when it was not given."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int | None = None

    def fits(self, origin: str, method: str, headers: Iterable[str] = ()) -> bool:
        """headers: those that a preflight asks for."""
        return (
            method in self.methods
            and any(_matches(pattern, origin) for pattern in self.origins)
            and all(any(_matches(pattern, header) for pattern in self.headers) for header in headers)
        )


@dataclass(frozen=True)
class Cors:
    """A bucket's rules in their order. `vary`: whether every answer says that it depends on the Origin."""

    rules: tuple[CorsRule, ...] = ()
    vary: bool = False

    def rule_for(self, origin: str, method: str, headers: Iterable[str] = ()) -> CorsRule | None:
        """The first that fits."""
        wanted = tuple(headers)
        return next((rule for rule in self.rules if rule.fits(origin, method, wanted)), None)


class CorsRules:
    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, bucket: str) -> Cors | None:
        """None when the bucket has no rules, or does not exist."""
        with self._database.reading() as db:
            row = db.execute("SELECT document FROM cors WHERE bucket = ?", (bucket,)).fetchone()
        if row is None:
            return None
        raw = json.loads(row["document"])
        return Cors(tuple(_rule_of(rule) for rule in raw["rules"]), raw["vary"])

    def put(self, bucket: str, cors: Cors) -> None:
        """In place of those there were. Raises OssError NoSuchBucket."""
        with self._database.transaction() as db:
            require_bucket(db, bucket)
            db.execute("INSERT OR REPLACE INTO cors VALUES (?, ?)", (bucket, json.dumps(asdict(cors))))

    def delete(self, bucket: str) -> None:
        with self._database.transaction() as db:
            db.execute("DELETE FROM cors WHERE bucket = ?", (bucket,))


def _rule_of(raw: dict[str, Any]) -> CorsRule:
    origins, methods, headers, exposed = (
        tuple(raw[name]) for name in ("origins", "methods", "headers", "exposed")
    )
    return CorsRule(origins, methods, headers, exposed, raw["max_age"])


def _matches(pattern: str, text: str) -> bool:
    wanted = re.escape(pattern.lower()).replace(r"\*", ".*")
    return re.fullmatch(wanted, text.lower(), re.DOTALL) is not None
