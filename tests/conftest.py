"""Tests see nothing of the machine they run on."""

from __future__ import annotations

import os

import pytest

_OURS = (
    "ALIBABA_CLOUD_",
    "FC_",
    "OSS_",
    "BUCKET_",
    "GIF_",
    "VIDEO_",
    "TRACKING_",
    "APPLICATION_ID",
    "TEMPLATE_ID",
    "CLAIM_",
)


@pytest.fixture(autouse=True)
def _nothing_from_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(_OURS) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
