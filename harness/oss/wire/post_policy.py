"""The policy of a form upload: until when, and which fields and size it allows.

Source: OSS API reference, PostObject, "Post Policy".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from harness.oss.errors import OssError
from harness.oss.wire.call import MAX_BODY


class PostPolicy:
    """`min_size`, `max_size`: bytes that the file may have."""

    def __init__(self, encoded: str) -> None:
        """Raises OssError InvalidPolicyDocument."""
        try:
            document = json.loads(base64.b64decode(encoded, validate=True))
            expiration, self._conditions = document["expiration"], document["conditions"]
            self._expires = datetime.strptime(expiration.partition(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S")
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise OssError("InvalidPolicyDocument", f"Invalid Policy: {exc}") from exc
        if not isinstance(self._conditions, list):
            raise OssError("InvalidPolicyDocument", "Invalid Policy: conditions must be a list.")
        self.min_size, self.max_size = 0, MAX_BODY

    def check(self, fields: Mapping[str, str], bucket: str, now: float) -> None:
        """`fields` by lower-case name; raises OssError AccessDenied with the condition that does not hold."""
        if now > self._expires.replace(tzinfo=timezone.utc).timestamp():
            raise OssError("AccessDenied", "Invalid according to Policy: Policy expired.")
        known = {**fields, "bucket": bucket}
        for condition in self._conditions:
            try:
                holds = self._holds(condition, known)
            except (ValueError, TypeError, AttributeError) as exc:
                raise OssError("InvalidPolicyDocument", f"Invalid Policy: {json.dumps(condition)}") from exc
            if not holds:
                message = f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition)}"
                raise OssError("AccessDenied", message)

    def _holds(self, condition: Any, fields: Mapping[str, str]) -> bool:
        if isinstance(condition, dict):
            return all(fields.get(name.lower(), "") == str(value) for name, value in condition.items())
        operator, name, wanted = condition
        if operator == "content-length-range":
            self.min_size, self.max_size = int(name), int(wanted)
            return True
        actual = fields.get(str(name).removeprefix("$").lower(), "")
        if operator == "eq":
            return actual == str(wanted)
        if operator == "starts-with":
            return actual.startswith(str(wanted))
        if operator in ("in", "not-in") and isinstance(wanted, list):
            return bool((actual in map(str, wanted)) == (operator == "in"))
        raise ValueError("no such operator")
