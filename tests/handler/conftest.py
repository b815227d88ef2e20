"""What the handler's tests share: settings, and an environment without anything of this machine's."""

from __future__ import annotations

import pytest

from handler.settings import Settings, read_settings

ENVIRON = {"APPLICATION_ID": "an-application", "TRACKING_BUCKET": "my-gif-records"}


@pytest.fixture
def settings() -> Settings:
    return read_settings(ENVIRON, region="cn-beijing", timeout=120)
