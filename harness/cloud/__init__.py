"""The local cloud itself, and its public door: `from harness.cloud import local_cloud`.

Whoever needs one small part of this wing does not load the services for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.cloud.local import LocalCloud, local_cloud
    from harness.cloud.options import DEFAULTS, PROJECT, CloudOptions

__all__ = ["DEFAULTS", "PROJECT", "CloudOptions", "LocalCloud", "local_cloud"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = "local" if name in ("LocalCloud", "local_cloud") else "options"
    return getattr(importlib.import_module(f"{__name__}.{room}"), name)
