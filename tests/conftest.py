"""Tests see nothing of the machine they run on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# What several test files share is asserted there, and says as much when it is not so.
pytest.register_assert_rewrite(*(f"tests.{path.stem}" for path in Path(__file__).parent.glob("[a-z]*")))

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
