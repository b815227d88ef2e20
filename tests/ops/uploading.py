"""Uploads to the local cloud as people make them, and what follows from them."""

from __future__ import annotations

from harness.cloud import LocalCloud
from tests.e2e.uploads import upload

SUBMIT, COLLECT = "gif-on-upload", "gif-on-upload-collect"


def upload_all(cloud: LocalCloud, *keys: str, data: bytes = b"no film") -> None:
    """And waits until the function has handled them."""
    for key in keys:
        upload(cloud, key, data)
    cloud.settle(600)


def collect(cloud: LocalCloud) -> None:
    """A run of the collector, to its end."""
    cloud.fire_timer(COLLECT, "each-minute")
    cloud.settle(600)
