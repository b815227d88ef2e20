"""The local cloud itself, and its public door: `from harness.cloud import local_cloud`.

Whoever needs one small part of this wing does not load the services for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.cloud.local import LocalCloud, local_cloud
    from harness.cloud.options import ALLOW_ALL, DEFAULTS, PROJECT, CloudOptions
    from harness.cloud.waiting import NotSettled

__all__ = ["ALLOW_ALL", "DEFAULTS", "PROJECT", "CloudOptions", "LocalCloud", "NotSettled", "local_cloud"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = {"LocalCloud": "local", "local_cloud": "local", "NotSettled": "waiting"}.get(name, "options")
    return getattr(importlib.import_module(f"{__name__}.{room}"), name)
