"""The local OSS. `state/` holds what is in it, `wire/` speaks its API, `service.py` joins the two."""

from __future__ import annotations

from harness.oss.errors import OssError
from harness.oss.notifications import NotificationRule, Notifications, OverlapError, RuleError
from harness.oss.service import OssService
from harness.oss.state.loading import Item
from harness.oss.state.model import Bucket, StoredObject
from harness.oss.state.store import Store

__all__ = [
    "Bucket",
    "Item",
    "NotificationRule",
    "Notifications",
    "OssError",
    "OssService",
    "OverlapError",
    "RuleError",
    "Store",
    "StoredObject",
]
